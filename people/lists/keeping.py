"""Keeping a list as it was stated, correcting it by another, and comparing two."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from people import approvals, bulk, processing, vault
from people.actors import Actor, announce
from people.acts import Act
from people.audit import record
from people.lists.comparing import compared
from people.lists.reading import Entry
from people.models import ComparedRow, ListComparison, ListEntry, Organisation, PrisonerList, Purpose
from people.resemblance import Described
from people.rights import PEOPLE

__all__ = [
    "MOST_ENTRIES",
    "Entry",
    "NotComparable",
    "compare_lists",
    "entries_of",
    "keep_list",
    "open_entries",
]

ENTRY_PLACE: Final = "people.listentry"
KEY_PLACE: Final = "people.listentry.key"
MOST_ENTRIES: Final = 20_000
_ROLES: Final = frozenset(role.value for role in PEOPLE)


class NotComparable(Exception):
    """Two lists that are one, or of two offices; or one that was corrected already."""


class Opened(NamedTuple):
    """An entry's row and what is sealed in it; `entry` is None once it was erased."""

    id: int
    number: int
    person: int | None
    entry: Entry | None


def keep_list(
    entries: Sequence[Entry],
    *,
    title: str,
    stated_on: date,
    stated_by: Organisation,
    by: Actor,
    now: datetime,
    replaces: PrisonerList | None = None,
    people: Mapping[int, int] | None = None,
) -> PrisonerList:
    """Keep a list; where it corrects another, compare anew whatever that one was compared with.

    :param people: by number of entry, the record it was made from
    :raises approvals.NotYours: without a right to people in the office
    :raises NotComparable: if what it corrects is another office's, or was corrected already
    """
    if not by.roles & _ROLES or by.staff_id is None:
        raise approvals.NotYours
    with transaction.atomic():
        announce(by)
        if replaces is not None:
            _check_replaces(replaces, by)
        made = PrisonerList.objects.create(
            office_id=by.organisation_id, stated_by=stated_by, title=title, stated_on=stated_on,
            replaces=replaces, recorded_by_id=by.staff_id, recorded_at=now,
        )  # fmt: skip
        bulk.insert(
            ListEntry,
            ("list_id", "number", "wrapped", "kek_version", "sealed", "person_id"),
            (
                (made.pk, each.number, *_sealed(made.pk, each), (people or {}).get(each.number))
                for each in entries
            ),
        )
        record(by, Act.KEEP_LIST, "list", made.pk, now=now)
        if replaces is not None:
            _compare_anew(replaces, made, by, now)
        return made


def _check_replaces(replaces: PrisonerList, by: Actor) -> None:
    locked = PrisonerList.objects.filter(pk=replaces.pk, office=by.organisation_id).first()
    if locked is None:
        raise NotComparable("What it corrects is not a list of your office.")
    if PrisonerList.objects.filter(replaces=replaces).exists():
        raise NotComparable("That list was corrected already: correct the newer one.")


def _sealed(list_id: int, entry: Entry) -> tuple[bytes, int, bytes]:
    row = row_of(list_id, entry.number)
    key = vault.new_key(row, place=KEY_PLACE)
    told = {"name": entry.name, "birth_date": entry.birth_date, "service_number": entry.service_number}
    text = json.dumps({**told, "note": entry.note}, ensure_ascii=False)
    return key.wrapped, key.kek_version, vault.seal(key.plain, text, place=ENTRY_PLACE, row=row)


def row_of(list_id: int, number: int) -> str:
    """Return what names an entry before it has an id."""
    return f"{list_id}/{number}"


def entries_of(list_: PrisonerList) -> list[Opened]:
    return open_entries(list_.entries.order_by("number"))


def open_entries(entries: QuerySet[ListEntry]) -> list[Opened]:
    rows = entries.values_list("pk", "list_id", "number", "person_id", "wrapped", "sealed")
    return [
        Opened(pk, number, person, _opened(list_id, number, wrapped, sealed))
        for pk, list_id, number, person, wrapped, sealed in rows
    ]


def _opened(
    list_id: int, number: int, wrapped: bytes | memoryview, sealed: bytes | memoryview
) -> Entry | None:
    if not wrapped:
        return None
    row = row_of(list_id, number)
    key = vault.unwrap(wrapped, row=row, place=KEY_PLACE)
    text = vault.unseal(key, sealed, place=ENTRY_PLACE, row=row)
    return Entry(number, **json.loads(text))


def compare_lists(ours: PrisonerList, theirs: PrisonerList, *, by: Actor, now: datetime) -> ListComparison:
    """Compare two lists of the office as they are; what was compared before stays.

    :raises approvals.NotYours: without a right to people in the office
    :raises NotComparable: if they are one list, or not both the office's
    """
    if not by.roles & _ROLES or by.staff_id is None:
        raise approvals.NotYours
    if ours.pk == theirs.pk or {ours.office_id, theirs.office_id} != {by.organisation_id}:
        raise NotComparable("Choose two different lists of your office.")
    with transaction.atomic():
        announce(by)
        made = ListComparison.objects.create(
            ours=ours, theirs=theirs, office_id=by.organisation_id, made_by_id=by.staff_id, made_at=now
        )
        mine, others = _standing(ours), _standing(theirs)
        found = compared([_described(each) for each in mine], [_described(each) for each in others])
        bulk.insert(
            ComparedRow,
            ("comparison_id", "kind", "ours_id", "theirs_id", "reasons"),
            (
                (
                    made.pk,
                    row.group,
                    None if row.ours is None else mine[row.ours].id,
                    None if row.theirs is None else others[row.theirs].id,
                    list(row.reasons),
                )
                for row in found
            ),
        )
        record(by, Act.COMPARE_LISTS, "comparison", made.pk, now=now)
        return made


def _standing(list_: PrisonerList) -> list[Opened]:
    """Return what may be compared: not those erased, nor those whose record is not to be used for it."""
    opened = [each for each in entries_of(list_) if each.entry]
    known = {each.person for each in opened if each.person}
    stopped = processing.stopped(known, Purpose.VERIFICATION)
    return [each for each in opened if each.person not in stopped]


def _described(opened: Opened) -> Described:
    assert opened.entry is not None  # noqa: S101  for the type checker
    name, born, number = opened.entry[1:4]
    return Described((name,), (born,) if born else (), (number,) if number else ())


def _compare_anew(old: PrisonerList, new: PrisonerList, by: Actor, now: datetime) -> None:
    """Once for each list that the old one was compared with, in its newest version."""
    made = ListComparison.objects.filter(Q(ours=old) | Q(theirs=old)).select_related("ours", "theirs")
    others = {(each.theirs if each.ours_id == old.pk else each.ours, each.ours_id == old.pk) for each in made}
    for other, is_ours in sorted(others, key=lambda each: each[0].pk):
        if PrisonerList.objects.filter(replaces=other).exists():
            continue
        ours, theirs = (new, other) if is_ours else (other, new)
        compare_lists(ours, theirs, by=by, now=now)
