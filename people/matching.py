"""Finding other records of one human being, among half a million, in milliseconds each.

Names are sealed, so candidates are found by keyed hashes, and only candidates are opened. A match that is
unique and that nothing contradicts is stated by itself; what is plausible waits for two people of the office.
Nobody who asks, declares or imports waits for this or is told of it: a worker does it afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection

from people import bulk, groups, names, processing, vault
from people.groups import Pair, Stated, Together, pair
from people.models import Fact, MatchKey, Person, PossibleMatch, Purpose
from people.resemblance import Described, Resemblance, compare

MOST_UNDER_A_KEY: Final = 60
"""A key under which more lie tells nothing: others of the same person are narrower."""
_MOST_FAINT: Final = 2
"""So few faint likenesses are worth a question; of many none is."""

_SETTLES: Final = frozenset({"patronymic_same", "number_same"})
"""Among half a million, some two of one name were born on one day: it takes the father's name or a number."""

Shown = Callable[[Collection[tuple[int, int]]], set[tuple[int, int]]]
"""Of (person, office) those whose record the office may read though it is another's."""


class Record(NamedTuple):
    """A person's row, and what opening it shows."""

    id: int
    kind: str
    office: int
    told: Described


class Likely(NamedTuple):
    """A record that may be of the same human being as the one asked for."""

    record: Record
    found: Resemblance


def match_people(ids: Collection[int], *, shown: Shown, now: datetime) -> None:
    """Match these people with all others, and note that they are matched.

    Call it in a transaction, one at a time: each pair is looked at once, by who of the two comes later.
    """
    records = opened(ids)
    file_keys((each.id, each.told) for each in records.values())
    found = _looked_up(list(records.values()), shown)
    _settle(found, now)
    Person.objects.filter(pk__in=ids).update(matched_at=now)


def due_again(ids: Collection[int]) -> None:
    """Have them matched anew: something on them was added or taken back."""
    Person.objects.filter(pk__in=ids).update(matched_at=None)


def file_keys(people: Iterable[tuple[int, Described]]) -> None:
    """Keep under which keys each is found, instead of what was kept before."""
    rows = [
        (key, person)
        for person, told in people
        for key in sorted(hashed(names.blocking_keys(told.names, told.births, told.numbers)))
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM people_matchkey WHERE person_id = ANY(%s)", [list({person for _, person in rows})]
        )
    bulk.insert(MatchKey, ("key", "person_id"), rows)


def hashed(plain: Iterable[str]) -> set[int]:
    """Return keyed hashes as signed 64-bit numbers: two that collide cost one look, not a wrong answer."""
    return _hashed(plain, settings.KEYS.current("search"))


def _hashed(plain: Iterable[str], version: int) -> set[int]:
    secret = settings.KEYS.key("search", version)
    digests = (hmac.digest(secret, f"match {key}".encode(), hashlib.sha256) for key in plain)
    return {int.from_bytes(digest[:8], signed=True) for digest in digests}


_NEAR: Final = """
SELECT k.person, unnest(under.found)
  FROM unnest(%s::bigint[], %s::bigint[]) AS k (person, key)
 CROSS JOIN LATERAL (SELECT array_agg(person_id) AS found
                       FROM (SELECT person_id FROM people_matchkey WHERE key = k.key LIMIT %s) few) AS under
 WHERE cardinality(under.found) <= %s
"""


def candidates(asked: Iterable[tuple[int, Described]]) -> dict[int, set[int]]:
    """Return for each asked person the ids that share a key with them, themselves left out."""
    # While the search key rotates, others lie under either version.
    versions = settings.KEYS.live("search")
    rows = [
        (person, key)
        for person, told in asked
        for version in versions
        for key in _hashed(names.asking_keys(told.names, told.births, told.numbers), version)
    ]
    near: dict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAR,
            [[p for p, _ in rows], [key for _, key in rows], MOST_UNDER_A_KEY + 1, MOST_UNDER_A_KEY],
        )
        for person, other in cursor.fetchall():
            if other != person:
                near[person].add(other)
    return near


_ROWS: Final = """
SELECT id, kind, organisation_id, party_id, matched_at IS NOT NULL FROM people_person WHERE id = ANY(%s)
"""
_FACTS: Final = """
SELECT f.id, f.person_id, f.kind, f.sealed, k.wrapped FROM people_fact f
  JOIN people_personkey k ON k.person_id = f.person_id
 WHERE f.person_id = ANY(%s) AND f.kind = ANY(%s) ORDER BY f.id
"""
MATCHED_KINDS: Final = (Fact.Kind.NAME, Fact.Kind.OTHER_NAME, Fact.Kind.BIRTH_DATE, Fact.Kind.SERVICE_NUMBER)
"""What matching looks at: one more of these, and their person is due again. Latin spellings add nothing."""


def opened(ids: Collection[int]) -> dict[int, Record]:
    """Open what matching looks at; one who was erased has nothing left, one who said no is left out."""
    ids = set(ids) - processing.stopped(ids, Purpose.VERIFICATION)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        rows = cursor.fetchall()
        cursor.execute(_FACTS, [list(ids), [str(kind) for kind in MATCHED_KINDS]])
        facts = cursor.fetchall()
    told: dict[int, dict[str, list[str]]] = defaultdict(lambda: {kind: [] for kind in MATCHED_KINDS})
    plain: dict[int, bytes] = {}
    for pk, person, kind, sealed, wrapped in facts:
        if person not in plain:
            plain[person] = vault.unwrap(wrapped, row=person)
        told[person][kind].append(vault.unseal(plain[person], sealed, place=vault.FACT_PLACE, row=pk))
    return {
        pk: Record(pk, kind, office, _described(told[pk], party))
        for pk, kind, office, party, _ in rows
        if pk in told
    }


def _described(told: Mapping[str, list[str]], party: int | None) -> Described:
    name, other, born, number = (tuple(told[kind]) for kind in MATCHED_KINDS)
    return Described(name + other, born, number, party)


def _looked_up(asked: list[Record], shown: Shown) -> dict[tuple[Record, int], list[Likely]]:
    """Return for each (record, office whose matter it is) what is likely, plainly different ones left out."""
    near = candidates((each.id, each.told) for each in asked)
    others = _others({other for found in near.values() for other in found})
    questions = [
        (each, other, office)
        for each in asked
        for other in near.get(each.id, ())
        if _is_earlier(each, others.get(other))
        for office in {each.office, others[other].office}
    ]
    foreign = {
        (end.id, office)
        for each, other, office in questions
        for end in (each, others[other])
        if end.office != office
    }
    open_to = shown(foreign) if foreign else set()
    allowed = [
        (each, other, office)
        for each, other, office in questions
        if all(end.office == office or (end.id, office) in open_to for end in (each, others[other]))
    ]
    found_of = opened({other for _, other, _ in allowed})
    likely: dict[tuple[Record, int], list[Likely]] = defaultdict(list)
    for each, other, office in allowed:
        if other in found_of:
            found = compare(each.told, found_of[other].told)
            if found.verdict != "different":
                likely[each, office].append(Likely(found_of[other], found))
    return likely


class _Other(NamedTuple):
    id: int
    kind: str
    office: int
    is_matched: bool


def _others(ids: Collection[int]) -> dict[int, _Other]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids)])
        return {pk: _Other(pk, kind, office, matched) for pk, kind, office, _, matched in cursor.fetchall()}


def _is_earlier(asked: Record, other: _Other | None) -> bool:
    """Each pair is asked by the later of the two, and by one who is matched anew."""
    return other is not None and other.kind == asked.kind and (other.is_matched or other.id < asked.id)


def _settle(likely: Mapping[tuple[Record, int], list[Likely]], now: datetime) -> None:
    """Join what is sure, ask what is plausible; what two people have answered is not asked again."""
    said = groups.newest(
        {
            pair(asked.id, each.record.id, office)
            for (asked, office), found in likely.items()
            for each in found
        }
    )
    together = {office: _together(office, likely) for office in {office for _, office in likely}}
    sure: list[Stated] = []
    asks: dict[Pair, tuple[str, ...]] = {}
    for (asked, office), found in sorted(likely.items(), key=lambda item: item[0][0].id):
        group = together[office]
        open_ = [
            each
            for each in found
            if pair(asked.id, each.record.id, office) not in said
            and not group.joins(asked.id, each.record.id)
        ]
        plausible = [each for each in open_ if each.found.verdict != "faint"]
        is_sure = _is_sure(plausible, group)
        for each in open_ if len(open_) <= _MOST_FAINT else plausible:
            place = pair(asked.id, each.record.id, office)
            if is_sure and each.found.verdict == "same":
                sure.append(Stated(place, each.found.reasons))
            else:
                alone = each.found.verdict != "same"
                asks[place] = each.found.reasons if alone else (*each.found.reasons, "not_alone")
        if is_sure:
            group.join(asked.id, *(each.record.id for each in plausible))
    groups.state_alone(sure, now=now)
    _ask(asks, now)
    # Answered already; whoever doubts it finds both side by side all the same.
    _ask({each.pair: each.reasons for each in sure}, now, settled_at=now)


def _together(office: int, likely: Mapping[tuple[Record, int], list[Likely]]) -> Together:
    ends = {
        end
        for (asked, whose), found in likely.items()
        if whose == office
        for end in (asked.id, *(each.record.id for each in found))
    }
    return Together(groups.heads_of(ends, office))


def _is_sure(plausible: list[Likely], group: Together) -> bool:
    """Whether all that fit are one person already, and nobody else may be meant."""
    if not all(each.found.verdict == "same" and _SETTLES & set(each.found.reasons) for each in plausible):
        return False
    return len({group.head(each.record.id) for each in plausible}) == 1


def _ask(asks: Mapping[Pair, tuple[str, ...]], now: datetime, *, settled_at: datetime | None = None) -> None:
    PossibleMatch.objects.bulk_create(
        (
            PossibleMatch(
                office_id=each.office,
                person_id=each.person,
                other_id=each.other,
                reasons=list(reasons),
                found_at=now,
                settled_at=settled_at,
            )
            for each, reasons in sorted(asks.items())
        ),
        ignore_conflicts=True,
    )
