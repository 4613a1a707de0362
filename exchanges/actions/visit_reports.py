"""What those who come back from a visit tell: whom they saw, letters, and parcels by their numbers.

A worker finds the parcels and follows; nothing here tells whether a number is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from exchanges import access, lifecycle
from exchanges.actions.steps import NotPossible, check_step, locked
from exchanges.actions.visits import record_step
from exchanges.models import ReportedParcel, ReportedPerson, Visit, VisitLetter, VisitPerson, VisitReport
from people import approvals, bulk, processing, vault
from people.actors import Actor, announce
from people.models import Person, Purpose
from people.queries import keys_of

WORDS: Final = "exchanges.visit.words"
MOST_WORDS: Final = 2_000
MOST_LETTERS: Final = 1_000
# The form of an item's number in the post (UPU S10); whether there is such a parcel is not told.
_NUMBER: Final = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}", re.ASCII)


class ToldParcel(NamedTuple):
    number: str
    received: bool
    complete: str = "unknown"


class ToldPerson(NamedTuple):
    """One prisoner; letters are those given to, and received from, this one."""

    person_id: int
    seen: bool
    parcels: Sequence[ToldParcel] = ()
    words: str = ""
    letters_given: int = 0
    letters_received: int = 0


class ToldReport(NamedTuple):
    """`once` names the form, so that sending it twice makes one report; letters are counts in all."""

    once: str
    in_private: str
    people: Sequence[ToldPerson]
    letters_given: int | None = None
    letters_received: int | None = None


class LetterChange(NamedTuple):
    read: str
    outcome: str
    other: int | None
    """The relative at the other end, if known."""


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


@transaction.atomic
def report_visit(visit: Visit, told: ToldReport, *, by: Actor, now: datetime) -> VisitReport:
    """Keep a report. The first brings a visit that was held to `reported`; later ones add to it.

    :raises approvals.NotYours: if `by` is not of those who visited, or may not read names
    :raises NotPossible: if it was not held, or what is told does not fit together
    """
    announce(by)
    visit = locked(visit)
    if not access.visit_sight(by, visit).word or by.staff_id is None:
        raise approvals.NotYours
    if before := VisitReport.objects.filter(once=told.once).first():
        if before.visit_id == visit.pk:
            return before
        raise NotPossible("This form was used for another visit. Please open the page again.")
    if visit.status != Visit.Status.REPORTED:
        check_step(visit, Visit.Status.REPORTED, lifecycle.VISIT)
    _check(visit, told)
    report = VisitReport.objects.create(
        visit=visit, once=told.once, in_private=told.in_private, staff_id=by.staff_id, recorded_at=now
    )
    _keep_people(report, told.people)
    letters = _letters(visit, told.people)
    VisitLetter.objects.bulk_create(letters)
    visit.status, visit.in_private = Visit.Status.REPORTED, told.in_private
    _count_letters(visit, told, Counter(letter.direction for letter in letters))
    visit.save(update_fields=["status", "in_private", "letters_given", "letters_received"])
    seen = sum(each.seen for each in told.people)
    record_step(visit, "report", by, now, seen=seen, in_private=told.in_private)
    return report


@transaction.atomic
def change_letters(visit: Visit, changes: Mapping[int, LetterChange], *, by: Actor, now: datetime) -> int:
    """Say what became of letters; return how many changed.

    Call it with relatives the officer may see.

    :raises approvals.NotYours: if `by` is no officer of those who visited
    :raises NotPossible: if one at the other end is no sender
    """
    announce(by)
    visit = locked(visit)
    sight = access.visit_sight(by, visit)
    if not sight.acts or not sight.word:
        raise approvals.NotYours
    others = {change.other for change in changes.values() if change.other is not None}
    if Person.objects.filter(pk__in=others, kind=Person.Kind.SENDER).count() != len(others):
        raise NotPossible("A letter goes between a prisoner and a relative.")
    named = set(visit.letters.values_list("from_person", flat=True)) | set(
        visit.letters.values_list("to_person", flat=True)
    )
    if processing.stopped(others - named, Purpose.CORRESPONDENCE):
        raise NotPossible("This relative does not wish letters to be written down.")
    changed = 0
    for letter in visit.letters.select_for_update().filter(pk__in=changes).order_by("pk"):
        end = "from_person_id" if letter.direction == VisitLetter.Direction.GIVEN else "to_person_id"
        change = changes[letter.pk]
        before = LetterChange(letter.read, letter.outcome, getattr(letter, end))
        if change == before:
            continue
        letter.read, letter.outcome = change.read, change.outcome
        setattr(letter, end, change.other)
        letter.save(update_fields=["read", "outcome", end])
        changed += 1
    if changed:
        record_step(visit, "letters", by, now, count=changed)
    return changed


def _check(visit: Visit, told: ToldReport) -> None:
    """:raises NotPossible: where a report contradicts its visit, or itself"""
    if told.in_private not in Visit.InPrivate.values:
        raise NotPossible("Say whether it was in private.")
    named = set(visit.people.filter(part=VisitPerson.Part.PRISONER).values_list("person", flat=True))
    persons = [each.person_id for each in told.people]
    if not set(persons) <= named or len(set(persons)) != len(persons):
        raise NotPossible("A report is on the prisoners named on its visit, once each.")
    numbers = [parcel.number for each in told.people for parcel in each.parcels]
    if any(not is_number(number) for number in numbers):
        raise NotPossible("A parcel's number is two letters, nine digits, two letters.")
    if repeated := [number for number, times in Counter(numbers).items() if times > 1]:
        raise NotPossible(f"{repeated[0]} stands here twice.")
    for each in told.people:
        if not each.seen and (each.parcels or each.words or each.letters_given or each.letters_received):
            raise NotPossible("Who was not seen said nothing and gave no letters.")
        if len(each.words) > MOST_WORDS or max(each.letters_given, each.letters_received) > MOST_LETTERS:
            raise NotPossible("That is more than can be kept.")


def _keep_people(report: VisitReport, people: Sequence[ToldPerson]) -> None:
    keys = keys_of(each.person_id for each in people if each.words)
    ids = bulk.new_ids(ReportedPerson, len(people))
    kept = ReportedPerson.objects.bulk_create(
        ReportedPerson(
            pk=pk,
            report=report,
            person_id=each.person_id,
            seen=each.seen,
            # Whose key is gone was erased: nothing is kept of them any more.
            sealed_words=vault.seal(keys[each.person_id], each.words, place=WORDS, row=pk)
            if each.person_id in keys
            else None,
        )
        for pk, each in zip(ids, people, strict=True)
    )
    ReportedParcel.objects.bulk_create(
        ReportedParcel(
            reported=row, parcel_number=parcel.number, received=parcel.received, complete=parcel.complete
        )
        for row, each in zip(kept, people, strict=True)
        for parcel in each.parcels
    )


def _letters(visit: Visit, people: Sequence[ToldPerson]) -> list[VisitLetter]:
    given, received = VisitLetter.Direction.GIVEN, VisitLetter.Direction.RECEIVED
    rows: list[VisitLetter] = []
    for each in people:
        delivered = VisitLetter.Outcome.DELIVERED
        rows += [
            VisitLetter(visit=visit, direction=given, to_person_id=each.person_id, outcome=delivered)
            for _ in range(each.letters_given)
        ]
        rows += [
            VisitLetter(visit=visit, direction=received, from_person_id=each.person_id)
            for _ in range(each.letters_received)
        ]
    return rows


def _count_letters(visit: Visit, told: ToldReport, listed: Counter[str]) -> None:
    """Keep the count that was told, or add those listed to what was told before."""
    for direction in VisitLetter.Direction.values:
        name = f"letters_{direction}"
        count, before = getattr(told, name), getattr(visit, name)
        if count is None and listed[direction]:
            count = (before or 0) + listed[direction]
        if count is None:
            continue
        if count < visit.letters.filter(direction=direction).count():
            raise NotPossible("There are fewer letters in all than are listed one by one.")
        setattr(visit, name, count)
