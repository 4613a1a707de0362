"""What an office's statements come to: groups of records that it holds to be one person each.

Only that office is bound by them: another office may say otherwise of the same records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from people import bulk
from people.models import Approval, GroupMember, MatchStatement

Says = MatchStatement.Says


class Pair(NamedTuple):
    """Two records, the older first, and the office whose matter they are."""

    person: int
    other: int
    office: int


def pair(a: int, b: int, office: int) -> Pair:
    return Pair(min(a, b), max(a, b), office)


class Stated(NamedTuple):
    pair: Pair
    reasons: tuple[str, ...]


def state_alone(found: Collection[Stated], *, now: datetime) -> None:
    """Record what is sure by itself. Call it in a transaction."""
    if not found:
        return
    bulk.insert(
        MatchStatement,
        ("office_id", "person_id", "other_id", "says", "how", "reasons", "stated_at"),
        (
            (each.pair.office, each.pair.person, each.pair.other, "same", "alone", list(each.reasons), now)
            for each in found
        ),
    )
    regroup(each.pair for each in found)


def state_by_two(pair: Pair, says: str, approval: Approval, *, now: datetime) -> MatchStatement:
    """Record what two people decided. Call it in a transaction."""
    made = MatchStatement.objects.create(
        office_id=pair.office,
        person_id=pair.person,
        other_id=pair.other,
        says=says,
        how=MatchStatement.How.TWO_PEOPLE,
        approval=approval,
        stated_at=now,
    )
    regroup([pair])
    return made


# Of each pair what its office said last. `touched` grows along what holds now and what held before, so that
# a statement taken back parts what it had joined.
_LINKS: Final = """
SELECT person_id, other_id FROM (
    SELECT DISTINCT ON (person_id, other_id) person_id, other_id, says
      FROM people_matchstatement WHERE office_id = %s AND (person_id = ANY(%s) OR other_id = ANY(%s))
     ORDER BY person_id, other_id, id DESC) AS newest
 WHERE says = 'same'
"""
_TOGETHER: Final = """
SELECT DISTINCT also.person_id FROM people_groupmember g
  JOIN people_groupmember also ON (also.office_id, also.head_id) = (g.office_id, g.head_id)
 WHERE g.office_id = %s AND g.person_id = ANY(%s)
"""


def regroup(pairs: Iterable[Pair]) -> None:
    """Draw anew the groups that these pairs touch."""
    touched: dict[int, set[int]] = {}
    for each in pairs:
        touched.setdefault(each.office, set()).update((each.person, each.other))
    for office, people in sorted(touched.items()):
        _regroup(office, people)


def _regroup(office: int, people: set[int]) -> None:
    with connection.cursor() as cursor:
        # Two who join at once would each miss what the other joined.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people.group'), %s)", [office])
        cursor.execute(_TOGETHER, [office, list(people)])
        people = people | {person for (person,) in cursor.fetchall()}
        links: set[tuple[int, int]] = set()
        reached: set[int] = set()
        while fresh := people - reached:
            reached |= fresh
            cursor.execute(_LINKS, [office, list(fresh), list(fresh)])
            links |= set(cursor.fetchall())
            people = people | {end for link in links for end in link}
        cursor.execute(
            "DELETE FROM people_groupmember WHERE office_id = %s AND person_id = ANY(%s)",
            [office, list(people)],
        )
    group = Together({})
    for link in links:
        group.join(*link)
    bulk.insert(
        GroupMember,
        ("office_id", "person_id", "head_id"),
        ((office, person, group.head(person)) for person in sorted({end for link in links for end in link})),
    )


class Together:
    """Who is held to be one with whom; the oldest record stands for all."""

    def __init__(self, heads: dict[int, int]) -> None:
        self._heads = heads

    def head(self, person: int) -> int:
        while self._heads.setdefault(person, person) != person:
            person = self._heads[person]
        return person

    def join(self, *people: int) -> None:
        heads = {self.head(person) for person in people}
        self._heads.update(dict.fromkeys(heads, min(heads)))

    def joins(self, a: int, b: int) -> bool:
        return self.head(a) == self.head(b)


def same_as(person: int, office: int) -> list[int]:
    """Return the other records that the office holds to be this person."""
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, [office, [person]])
        return sorted(other for (other,) in cursor.fetchall() if other != person)


def heads_of(people: Collection[int], office: int) -> dict[int, int]:
    """Return the oldest record of each one's group; who is alone is their own."""
    found = GroupMember.objects.filter(office=office, person__in=people).values_list("person", "head")
    return {person: person for person in people} | dict(found)


def newest(pairs: Collection[Pair]) -> dict[Pair, str]:
    """Return what the offices last said of these pairs, of those they said anything of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (s.person_id, s.other_id, s.office_id)"
            "       s.person_id, s.other_id, s.office_id, s.says"
            "  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS p (person, other, office)"
            "  JOIN people_matchstatement s"
            "    ON (s.person_id, s.other_id, s.office_id) = (p.person, p.other, p.office)"
            " ORDER BY s.person_id, s.other_id, s.office_id, s.id DESC",
            [list(column) for column in zip(*pairs, strict=True)] if pairs else [[], [], []],
        )
        return {Pair(*row[:3]): row[3] for row in cursor.fetchall()}
