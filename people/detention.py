"""Where a person is held: told and looked up by those who must find them, each look for a stated purpose."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from django.db import IntegrityError, transaction

from people import access, approvals, bulk, dates, vault
from people.access import Ties
from people.actors import Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Detention, Person, Purpose
from people.opening import How, opened
from people.queries import key_of

PLACE: Final = "people.detention"
MOST_LETTERS: Final = 200
_ON_PAPER: Final = ("both_sides", "neutral")


class NotAPeriod(ValueError):
    """What was told is no period of detention; says why, for staff."""


class PurposeMissing(Exception):
    """A place is shown for one of the purposes only."""


class Period(NamedTuple):
    detention: Detention
    place: str


class Stated(NamedTuple):
    """A period as somebody stated it; `from_on` and `until_on` read YYYY, YYYY-MM or YYYY-MM-DD."""

    place: str
    from_on: str
    until_on: str
    stated_by: str
    source_id: int
    document: str = ""
    replaces: Detention | None = None


def may_look(person: Person, *, by: Actor, ties: Ties) -> bool:
    return access.sight(by, person, ties).detention


def look(person: Person, purpose: str, *, by: Actor, ties: Ties) -> list[Period]:
    """Return the periods on record, newest first. That they were opened, and what for, is recorded first.

    :raises approvals.NotYours: unless `by` is the logistics of the holding side or of the neutral agency
    :raises PurposeMissing: without one of the purposes
    :raises Stopped: past as many different people as may be opened in an hour
    :raises PersonKey.DoesNotExist: once the person was erased
    """
    if not may_look(person, by=by, ties=ties):
        raise approvals.NotYours
    if purpose not in Purpose.values:
        raise PurposeMissing
    with transaction.atomic():
        opened(by, [person.pk], How.PLACE, purpose)
        key = key_of(person.pk)
        rows = person.detentions.select_related("source", "organisation", "replaced_by").order_by("-pk")
        return [Period(row, vault.unseal(key, row.sealed_place, place=PLACE, row=row.pk)) for row in rows]


def state(person: Person, told: Stated, *, by: Actor, ties: Ties, now: datetime) -> Detention:
    """Keep a period as it was stated. One that has ended is stated anew, in the place of the one before.

    :raises approvals.NotYours: unless `by` is the logistics of the holding side or of the neutral agency
    :raises NotAPeriod: if its dates or its place are none, or what it replaces is replaced already
    :raises PersonKey.DoesNotExist: once the person was erased
    """
    if not may_look(person, by=by, ties=ties) or by.staff_id is None:
        raise approvals.NotYours
    _check(told, person, now)
    with transaction.atomic():
        announce(by)
        kept = _keep(person, told, by, by.staff_id, now)
        record(by, Act.STATE_DETENTION, "person", person.pk, now=now)
        return kept


def _keep(person: Person, told: Stated, by: Actor, staff_id: int, now: datetime) -> Detention:
    pk = bulk.new_id(Detention)
    row = Detention(
        pk=pk,
        person=person,
        from_on=told.from_on,
        until_on=told.until_on,
        sealed_place=vault.seal(key_of(person.pk), told.place.strip(), place=PLACE, row=pk),
        stated_by=told.stated_by,
        source_id=told.source_id,
        document=told.document,
        replaces=told.replaces,
        recorded_by_id=staff_id,
        organisation_id=by.organisation_id,
        recorded_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "replaces" in str(error):
            raise NotAPeriod("This period was stated anew already.") from None
        raise
    return row


def _check(told: Stated, person: Person, now: datetime) -> None:
    if not told.place.strip() or len(told.place) > MOST_LETTERS or "\x00" in told.place:
        raise NotAPeriod(f"The place needs a name of up to {MOST_LETTERS} letters.")
    if told.stated_by in _ON_PAPER and not told.document:
        raise NotAPeriod("Name the paper on which this was stated.")
    if told.replaces is not None and told.replaces.person_id != person.pk:
        raise NotAPeriod("This is a period of another person.")
    try:
        starts = dates.parse(dates.checked(told.from_on, now.date()))
        ends = dates.parse(dates.checked(told.until_on, now.date())) if told.until_on else None
    except dates.NotADate as why:
        raise NotAPeriod(str(why)) from None
    if any(day and day.precision in ("range", "unknown") for day in (starts, ends)):
        raise NotAPeriod("A day, a month or a year.")
    if ends is not None and ends.last < starts.first:
        raise NotAPeriod("It cannot end before it begins.")
