"""What prisoners said of their parcels at visits: each word of a report moves its parcel once, and is cited.

The word is graded by who visited and whether in private. It is the visiting organisation's: receipt that it
reported itself, it does not confirm. Nothing moves a parcel against what happened after the visit; such a
word is kept as an observation, as are those that do not fit where the parcel is.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from parcels.actions import Step, advance, observe_each
from parcels.lifecycle import CONFIRMING
from parcels.visits import PLACED
from parcels.workers.acts import Stuck, advance_all
from parcels.workers.batches import Work
from people import actors

# What a correction undid does not count. A receipt dated later is not against his word that he has it.
_AGAINST: Final = """
EXISTS (SELECT FROM parcels_movement later
         WHERE later.parcel_id = p.id AND later.happened_at > LEAST(v.ends_at, report.recorded_at)
           AND later.move NOT IN ('observe', 'correct')
           AND l.received <> (later.status IN ('received', 'confirmed'))
           AND NOT EXISTS (SELECT FROM parcels_movement undo
                            WHERE (undo.parcel_id, undo.corrects) = (later.parcel_id, later.number)))
"""
_FROM: Final = f"""
{PLACED}
 WHERE NOT EXISTS (SELECT FROM parcels_movement m
                    WHERE m.parcel_id = p.id AND m.details -> 'visit_line' = to_jsonb(l.id))
"""
_DUE: Final = f"SELECT DISTINCT p.id {_FROM}"
# Of one parcel the first word first; the next one is due again afterwards.
_LOAD: Final = f"""
SELECT DISTINCT ON (p.id) p.number, l.id, l.received, l.complete, v.reference, v.visited_by_id,
       visitor.party_id IS NULL OR visitor.id = sending.id OR visitor.party_id = sending.party_id,
       report.in_private = 'yes', LEAST(v.ends_at, report.recorded_at), {_AGAINST}
       {_FROM} AND p.id = ANY(%s) ORDER BY p.id, LEAST(v.ends_at, report.recorded_at), l.id
"""


class Word(NamedTuple):
    parcel: str
    line: int
    received: bool
    complete: str
    visit: str
    organisation: int
    by_his_own: bool
    """The neutral agency visited, or an office of the side that sends."""
    in_private: bool
    said_at: datetime
    against: bool
    """Something that happened later says otherwise."""

    @property
    def evidence(self) -> str:
        return evidence(by_his_own=self.by_his_own, in_private=self.in_private)

    def step(self, *, confirms: bool = True) -> Step:
        details: dict[str, object] = {"evidence": self.evidence, "visit_line": self.line}
        if not self.received:
            return Step(self.parcel, "contest", self.said_at, details={**details, "document": self.visit})
        move = "confirm" if confirms and self.evidence in CONFIRMING else "receive"
        return Step(self.parcel, move, self.said_at, details={**details, "complete": self.complete})


def evidence(*, by_his_own: bool, in_private: bool) -> str:
    """Return the grade of a prisoner's word at a visit."""
    if not by_his_own:
        return "holding_list"
    return "own_word_private" if in_private else "own_word"


def follow(ids: list[int], now: datetime) -> None:
    """:raises Stuck: when a word is refused that anybody's would not be"""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [ids])
        rows = [Word(*row) for row in cursor.fetchall()]
    by_organisation: dict[int, list[Word]] = defaultdict(list)
    for each in rows:
        by_organisation[each.organisation].append(each)
    for organisation, mine in sorted(by_organisation.items()):
        _say([each for each in mine if not each.against], organisation, now)
        late = [each.step() for each in mine if each.against]
        observe_each(late, by=actors.worker(organisation), now=now)


def _say(words: list[Word], organisation: int, now: datetime) -> None:
    results = advance([each.step() for each in words], by=actors.worker(organisation), now=now)
    lesser: list[Step] = []
    for each, result in zip(words, results, strict=True):
        if result.problem == "not-permitted" and each.step().move == "confirm":
            lesser.append(each.step(confirms=False))  # it is they who reported receipt
        elif result.problem:
            raise Stuck(result.problem)
    advance_all(lesser, organisation, now)


WORK: Final = Work("visit", _DUE, follow)
