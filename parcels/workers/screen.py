"""accepted → cleared, in_review or refused, by what the parcel holds and the terms of its round.

Nothing here depends on who screens, when, or beside which other parcels: a place in the quota is the order
of registration, and the second look is drawn by the round's key. The same parcel gets the same verdict.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

from exchanges.actions import ROUND_KEY_PLACE
from parcels import screening
from parcels.actions import Step, binary
from parcels.screening import Item, Rule, Screening, Terms
from parcels.workers import batches, match
from parcels.workers.acts import advance_all
from parcels.workers.batches import Call, Stop, Work
from people import datakeys, vault

# Whose other records are not looked for yet, theirs is no place in a quota yet.
_DUE: Final = f"""
SELECT p.id FROM parcels_parcel p WHERE p.status = 'accepted' AND NOT p.frozen
   AND NOT EXISTS (SELECT FROM people_person u WHERE u.id = p.recipient_id AND {match.UNMATCHED})
"""


class Rules(NamedTuple):
    """What a round's parcels are held against."""

    sending: int
    version: int
    terms: Terms
    share: float
    """For the second look: 0 draws none, 1 all."""
    key: bytes


class Candidate(NamedTuple):
    id: int
    number: str
    round: int
    identity: str
    """What the second look is drawn by."""
    gross_mass_g: int | None
    screened_before: bool


def screen(ids: list[int], now: datetime) -> None:
    candidates = [Candidate(*row) for row in _fetch(_CANDIDATES, ids)]
    rules = _rules({each.round for each in candidates})
    items = _items(ids, [each.id for each in candidates if each.screened_before])
    places = _places([each.id for each in candidates if rules[each.round].terms.quota is not None])
    steps: dict[int, list[Step]] = defaultdict(list)
    for each in candidates:
        held_against = rules[each.round]
        found = _screen(each, items.get(each.id, []), held_against, places.get(each.id))
        steps[held_against.sending].append(_step(each.number, found, held_against.version, now))
    for organisation, mine in sorted(steps.items()):
        advance_all(mine, organisation, now)


WORK: Final = Work("screen", _DUE, screen)


def drain(stop: Stop, call: Call) -> int:
    """Match first: whoever is told of parcels to screen need not wait for another's sweep."""
    match.drain(stop)
    return batches.drain(WORK, stop, call)


def _screen(each: Candidate, items: list[Item], rules: Rules, place: int | None) -> Screening:
    drawn = rules.share > 0 and screening.second_look(rules.key, each.identity, rules.share)
    return screening.screen(
        items, rules.terms, gross_mass_g=each.gross_mass_g, place_in_quota=place, second_look=drawn
    )


def _step(number: str, found: Screening, version: int, now: datetime) -> Step:
    move = screening.move_for(found)
    details: dict[str, object] = {"rules_version": version}
    if move == "hold":
        details["findings"] = [finding.code for finding in found.findings]
    elif move == "refuse":
        details["reason"] = next(f.code for f in found.findings if f.verdict == "prohibit")
    return Step(number, move, now, details=details, findings=found.findings)


_CANDIDATES: Final = """
SELECT id, number, round_id, COALESCE(external_id, number), gross_mass_g, last_number > 2
  FROM parcels_parcel WHERE id = ANY(%b) AND status = 'accepted' AND NOT frozen ORDER BY id
"""

# Shared lock: the version whose rules were read is the one the findings name.
_ROUNDS: Final = """
SELECT r.id, r.terms_id, r.sending_id, r.sealed_key, k.wrapped, t.version, t.second_look_share,
       t.mass_min_g, t.mass_max_g, t.quota_per_prisoner, t.books_apart
  FROM exchanges_round r JOIN exchanges_terms t ON t.id = r.terms_id
  LEFT JOIN people_datakey k ON k.kind = 'round' AND k.subject = r.id
 WHERE r.id = ANY(%b) ORDER BY r.id FOR SHARE OF r
"""

_RULES: Final = """
SELECT terms_id, id, category, verdict, max_count, max_mass_g, reason_code
  FROM exchanges_contentrule WHERE terms_id = ANY(%b)
"""


def _rules(rounds: Collection[int]) -> dict[int, Rules]:
    rows = _fetch(_ROUNDS, list(rounds))
    by_terms: dict[int, dict[str, Rule]] = defaultdict(dict)
    for terms, *rule in _fetch(_RULES, [row[1] for row in rows]):
        by_terms[terms][rule[1]] = Rule(*rule)
    return {
        round_: Rules(
            sending,
            version,
            Terms(by_terms[terms], *limits),
            float(share),
            _drawing_key(round_, sealed_key, wrapped),
        )
        for round_, terms, sending, sealed_key, wrapped, version, share, *limits in rows
    }


def _drawing_key(round_: int, sealed: bytes, wrapped: bytes) -> bytes:
    key = datakeys.unwrapped(datakeys.Kind.ROUND, round_, wrapped)
    return bytes.fromhex(vault.unseal(key, sealed, place=ROUND_KEY_PLACE, row=round_))


# What was taken out again is not in the parcel. The index holds all of it.
_LINES: Final = """
SELECT parcel_id, number, category, also, exact, quantity - removed, COALESCE(unit_mass_g, 0)
  FROM parcels_line WHERE parcel_id = ANY(%b) AND removed < quantity ORDER BY parcel_id, number
"""


def _items(ids: list[int], screened_before: list[int]) -> dict[int, list[Item]]:
    decisions = _decisions(screened_before)
    items: dict[int, list[Item]] = defaultdict(list)
    for parcel, line, category, also, exact, quantity, unit_mass_g in _fetch(_LINES, ids):
        decided = decisions.get((parcel, line), (None, None))
        items[parcel].append(Item(line, (category, *also), exact, quantity, unit_mass_g, *decided))
    return items


# The newest decision on each line. It outlives new terms that say the same of the thing it was decided
# under: their rule is another row.
_DECISIONS: Final = """
SELECT DISTINCT ON (l.id) l.parcel_id, l.number, CASE WHEN d.rule_id IS NOT NULL THEN same.id END, d.verdict,
       d.rule_id IS NULL OR same.id IS NOT NULL
  FROM parcels_line l JOIN parcels_linedecision d ON d.line_id = l.id
  JOIN parcels_parcel p ON p.id = l.parcel_id JOIN exchanges_round r ON r.id = p.round_id
  LEFT JOIN exchanges_contentrule was ON was.id = d.rule_id
  LEFT JOIN exchanges_contentrule same ON same.terms_id = r.terms_id AND same.category = was.category
       AND (same.verdict, same.max_count, same.max_mass_g, same.reason_code)
           IS NOT DISTINCT FROM (was.verdict, was.max_count, was.max_mass_g, was.reason_code)
 WHERE l.parcel_id = ANY(%b) ORDER BY l.id, d.id DESC
"""


def _decisions(ids: list[int]) -> dict[tuple[int, int], tuple[int | None, str]]:
    return {
        (parcel, line): (rule, verdict)
        for parcel, line, rule, verdict, stands in (_fetch(_DECISIONS, ids) if ids else ())
        if stands
    }


# All records that the sending office holds to be this prisoner share one quota.
_PLACES: Final = """
SELECT p.id, (SELECT count(*) FROM parcels_parcel o
               WHERE o.round_id = p.round_id AND o.id <= p.id
                 AND o.recipient_id = ANY(ARRAY(
                     SELECT p.recipient_id UNION
                     SELECT also.person_id FROM people_groupmember g
                       JOIN people_groupmember also
                         ON (also.office_id, also.head_id) = (g.office_id, g.head_id)
                      WHERE (g.office_id, g.person_id) = (r.sending_id, p.recipient_id))))
  FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id WHERE p.id = ANY(%b)
"""


def _places(ids: list[int]) -> dict[int, int]:
    """Each parcel's place among those registered for its prisoner in its round, cancelled ones included."""
    return dict(_fetch(_PLACES, ids)) if ids else {}


def _fetch(statement: str, ids: list[int]) -> list[Any]:
    with binary.cursor() as cursor:
        cursor.execute(statement, [ids])
        rows: list[Any] = cursor.fetchall()
        return rows
