"""Facts that came too early: observed when they did not fit, they move the parcel once they do.

The rule: of each fact, its newest observation that nothing cites; legal from where the parcel is now; and
nothing that happened later in the world has moved the parcel (what a correction undid does not count). Of
several, the one that happened first. One movement a step: what then becomes legal is the next step's.
"""

import json
from collections import defaultdict
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from parcels import places
from parcels.actions import Step, advance
from parcels.lifecycle import MOVES, OBSERVE, Kind
from parcels.workers.acts import Acts
from parcels.workers.batches import Work
from people import actors

_FACTS: Final = ", ".join(f"'{move.name}'" for move in MOVES.values() if move.kind is Kind.FACT)

_FROM: Final = f"""
  FROM (SELECT DISTINCT ON (m.parcel_id, m.details ->> 'move') m.parcel_id, m.number, m.happened_at,
               m.organisation_id, m.details, m.details ->> 'move' AS fact
          FROM parcels_movement m
         WHERE m.move = 'observe' AND m.details ->> 'move' IN ({_FACTS})
           AND NOT EXISTS (SELECT FROM parcels_movement cited
                            WHERE cited.parcel_id = m.parcel_id
                              AND cited.details -> 'cites' = to_jsonb(m.number))
         ORDER BY m.parcel_id, m.details ->> 'move', m.number DESC) AS o
  JOIN parcels_parcel p ON p.id = o.parcel_id
 WHERE EXISTS (SELECT FROM parcels_edge e WHERE (e.from_status, e.move) = (p.status, o.fact)
                  AND (o.fact <> 'find' OR e.status = o.details ->> 'where'))
   AND NOT EXISTS (SELECT FROM parcels_movement later
                    WHERE later.parcel_id = o.parcel_id AND later.happened_at > o.happened_at
                      AND later.move NOT IN ('observe', 'correct')
                      AND NOT EXISTS (
                          SELECT FROM parcels_movement undo
                           WHERE (undo.parcel_id, undo.corrects) = (later.parcel_id, later.number)))
"""
_DUE: Final = f"SELECT DISTINCT p.id {_FROM}"
_LOAD: Final = f"""
SELECT DISTINCT ON (p.id) p.id, p.round_id, p.number, o.number, o.fact, o.happened_at, o.organisation_id,
       o.details
       {_FROM} AND p.id = ANY(%s) ORDER BY p.id, o.happened_at, o.number
"""


class Observed(NamedTuple):
    id: int
    round: int
    parcel: str
    number: int
    fact: str
    happened_at: datetime
    organisation: int
    details: str
    """JSON, as it was kept."""

    def step(self) -> Step:
        opener = places.Opener(self.id, self.round)
        told = opener.opened(OBSERVE, self.number, json.loads(self.details))
        details = {key: value for key, value in told.items() if key != "move"}
        return Step(self.parcel, self.fact, self.happened_at, details={**details, "cites": self.number})


def follow(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [ids])
        rows = [Observed(*row) for row in cursor.fetchall()]
    by_organisation: dict[int, list[Observed]] = defaultdict(list)
    for each in rows:
        by_organisation[each.organisation].append(each)
    acts = Acts(now)
    for organisation, mine in sorted(by_organisation.items()):
        results = advance([each.step() for each in mine], by=actors.worker(organisation), now=now)
        for each, result in zip(mine, results, strict=True):
            if result.problem:
                # Legal by the table and still refused, as a receipt confirmed by its own reporter: cited,
                # so that it is not tried for ever, and shown to a person.
                acts.flag(organisation, each.parcel, reason=result.problem, cites=each.number)
    acts.carry_out()


WORK: Final = Work("fact", _DUE, follow)
