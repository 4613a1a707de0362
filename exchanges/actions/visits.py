"""What officers do with visits: agree, schedule, postpone, cancel, hold; who is named; where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from exchanges import access, lifecycle
from exchanges.actions.steps import NotPossible, check_step, locked
from exchanges.models import Agreement, Visit, VisitParticipant, VisitPerson, VisitStep
from people import approvals, datakeys
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Grant, Organisation, Person

PLACE: Final = "exchanges.visit.place"
# Why somebody looks where a visit is; each look is recorded with it.
PURPOSES: Final = (
    ("visit", "to prepare or make the visit"),
    ("rights_request", "a request about somebody's rights"),
    ("incident", "an incident"),
)
LONGEST: Final = timedelta(days=7)
_BEFORE: Final = (Visit.Status.AGREED, Visit.Status.SCHEDULED, Visit.Status.POSTPONED)
# Whoever was met beside the list may be added until it is reported.
_OPEN: Final = (*_BEFORE, Visit.Status.HELD)
_BOOKED_TWICE: Final = "once_at_a_time"


@transaction.atomic
def agree_visit(
    agreement: Agreement, kind: str, *, visited_by: Organisation, host: Organisation, by: Actor, now: datetime
) -> Visit:
    """Record that a visit is agreed.

    :raises approvals.NotYours: if `by` is no officer of the two
    :raises NotPossible: if these are not the agreement's organisations, or the kind is another's
    """
    announce(by)
    visit = Visit(agreement=agreement, kind=kind, visited_by=visited_by, host=host)
    _officer(visit, by)
    if agreement.status == Agreement.Status.DRAFT:
        raise NotPossible("This agreement is not signed yet.")
    signatories = set(agreement.signatories.values_list("pk", flat=True))
    if host.pk not in signatories:
        raise NotPossible("The host is one of the agreement's signatories.")
    is_neutral = visited_by.party_id is None
    if (kind == Visit.Kind.NEUTRAL) != is_neutral and kind != Visit.Kind.FAMILY:
        raise NotPossible("A visit by the neutral agency is of that kind, and no other is.")
    if not is_neutral and visited_by.pk not in signatories:
        raise NotPossible("The visiting office is one of the agreement's signatories.")
    visit.save()
    record_step(visit, "agree", by, now, kind=kind)
    return visit


@transaction.atomic
def schedule_visit(
    visit: Visit, starts_at: datetime, ends_at: datetime, *, by: Actor, now: datetime
) -> Visit:
    """Give it its time; from now on those named on it are booked.

    :raises approvals.NotYours: if `by` is no officer of the two
    :raises NotPossible: if it does not follow, or somebody is booked for another visit at that time
    """
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise NotPossible("A visit ends after it begins, and within a week.")
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    return _step(
        visit, "schedule", Visit.Status.SCHEDULED, by, now, times, starts_at=starts_at, ends_at=ends_at
    )


@transaction.atomic
def postpone_visit(visit: Visit, reason: str, *, by: Actor, now: datetime) -> Visit:
    """:raises approvals.NotYours, NotPossible: as `schedule_visit`, or without a known reason"""
    return _set_aside(visit, "postpone", Visit.Status.POSTPONED, reason, by, now)


@transaction.atomic
def cancel_visit(visit: Visit, reason: str, *, by: Actor, now: datetime) -> Visit:
    """:raises approvals.NotYours, NotPossible: as `schedule_visit`, or without a known reason"""
    return _set_aside(visit, "cancel", Visit.Status.CANCELLED, reason, by, now)


@transaction.atomic
def hold_visit(visit: Visit, *, by: Actor, now: datetime) -> Visit:
    """Record that it took place.

    :raises approvals.NotYours: if `by` is no officer of the two
    :raises NotPossible: if it does not follow, or it has not begun
    """
    if visit.starts_at is not None and now < visit.starts_at:
        raise NotPossible("It has not begun yet.")
    return _step(visit, "hold", Visit.Status.HELD, by, now, {})


@transaction.atomic
def name_participants(visit: Visit, staff_ids: Collection[int], *, by: Actor, now: datetime) -> None:
    """Say which of one's own staff take part: these and no others. The other organisation names its own.

    :raises approvals.NotYours: if `by` is no officer of the two
    :raises NotPossible: if it is over, one is no member of theirs, or is booked at that time
    """
    visit = _for_changing(visit, by, _OPEN)
    ours, named = by.organisation_id, set(staff_ids)
    members = Grant.objects.current(now).filter(organisation=ours, staff__is_active=True, staff__in=named)
    if named - set(members.values_list("staff", flat=True)):
        raise NotPossible("Only members of your own organisation are named by you.")
    before = visit.participants.filter(organisation=ours)
    known = set(before.values_list("staff", flat=True))
    before.exclude(staff__in=named).delete()
    _book([VisitParticipant(visit=visit, staff_id=pk, organisation_id=ours) for pk in sorted(named - known)])
    if named != known:
        record_step(visit, "participants", by, now, count=len(named))


@transaction.atomic
def add_people(visit: Visit, person_ids: Collection[int], part: str, *, by: Actor, now: datetime) -> int:
    """Name prisoners to be seen, or relatives who come; return how many were not named before.

    Call it with people the officer may see.

    :raises approvals.NotYours: if `by` is no officer of the two
    :raises NotPossible: if it is over, one cannot have this part, or is booked at that time
    """
    visit = _for_changing(visit, by, _OPEN)
    kind = Person.Kind.PRISONER if part == VisitPerson.Part.PRISONER else Person.Kind.SENDER
    if part == VisitPerson.Part.RELATIVE and visit.kind != Visit.Kind.FAMILY:
        raise NotPossible("Relatives come to a family visit.")
    fresh = set(person_ids) - set(visit.people.values_list("person", flat=True))
    if Person.objects.filter(pk__in=fresh, kind=kind).count() != len(fresh):
        raise NotPossible(f"Only a {kind} can be named here.")
    _book([VisitPerson(visit=visit, person_id=pk, part=part) for pk in sorted(fresh)])
    if fresh:
        record_step(visit, f"add_{part}s", by, now, count=len(fresh))
    return len(fresh)


@transaction.atomic
def remove_person(visit: Visit, person_id: int, *, by: Actor, now: datetime) -> None:
    """:raises approvals.NotYours, NotPossible: as `add_people`, or once it was held"""
    visit = _for_changing(visit, by, _BEFORE)
    removed, _ = visit.people.filter(person=person_id).delete()
    if removed:
        record_step(visit, "remove_person", by, now)


@transaction.atomic
def set_place(visit: Visit, place: str, *, by: Actor, now: datetime) -> None:
    """Write down where it is, sealed.

    :raises approvals.NotYours: if `by` may not see the place
    :raises NotPossible: once it is over
    """
    announce(by)
    visit = locked(visit)
    if not access.visit_sight(by, visit).place:
        raise approvals.NotYours
    _still(visit, _OPEN)
    visit.sealed_place = datakeys.seal(datakeys.Kind.VISIT, visit.pk, place, place=PLACE, row=visit.pk)
    visit.save(update_fields=["sealed_place"])
    record_step(visit, "place", by, now)


@transaction.atomic
def look_up_place(visit: Visit, purpose: str, *, by: Actor, now: datetime) -> str | None:
    """Return where it is, None while nobody has said; the look is recorded.

    :raises approvals.NotYours: if `by` may not see the place
    :raises NotPossible: without a known purpose
    """
    if not access.visit_sight(by, visit).place:
        raise approvals.NotYours
    if purpose not in dict(PURPOSES):
        raise NotPossible("Say what you need the place for.")
    record(by, Act.SEE_PLACE, "visit", visit.pk, purpose=purpose, now=now)
    if visit.sealed_place is None:
        return None
    return datakeys.unseal(datakeys.Kind.VISIT, visit.pk, visit.sealed_place, place=PLACE, row=visit.pk)


def record_step(visit: Visit, what: str, by: Actor, now: datetime, **details: object) -> None:
    """Write down what was done.

    :raises approvals.NotYours: if `by` is no member of staff
    """
    if by.staff_id is None:
        raise approvals.NotYours
    VisitStep.objects.create(
        visit=visit,
        what=what,
        status=visit.status,
        details=details,
        organisation_id=by.organisation_id,
        staff_id=by.staff_id,
        recorded_at=now,
    )


def _set_aside(visit: Visit, what: str, status: str, reason: str, by: Actor, now: datetime) -> Visit:
    if reason not in Visit.Reason.values:
        raise NotPossible("Say why.")
    return _step(visit, what, status, by, now, {"reason": reason}, reason=reason)


def _step(
    visit: Visit, what: str, status: str, by: Actor, now: datetime, details: dict[str, Any], **fields: Any
) -> Visit:
    announce(by)
    visit = locked(visit, "visited_by", "host", "agreement")
    _officer(visit, by)
    check_step(visit, status, lifecycle.VISIT)
    for name, value in ({"reason": ""} | fields | {"status": status}).items():
        setattr(visit, name, value)
    with _booking():
        visit.save(update_fields=["status", "reason", *fields.keys() - {"reason"}])
    record_step(visit, what, by, now, **details)
    return visit


def _for_changing(visit: Visit, by: Actor, statuses: Collection[str]) -> Visit:
    announce(by)
    visit = locked(visit)
    _officer(visit, by)
    _still(visit, statuses)
    return visit


def _officer(visit: Visit, by: Actor) -> None:
    if by.staff_id is None or not by.roles & OFFICERS or by.organisation_id not in visit.parties():
        raise approvals.NotYours


def _still(visit: Visit, statuses: Collection[str]) -> None:
    if visit.status not in statuses:
        raise NotPossible(f"A visit that is {visit.get_status_display().lower()} does not change any more.")


def _book(rows: list[VisitParticipant] | list[VisitPerson]) -> None:
    with _booking():
        for row in rows:
            row.save()


@contextmanager
def _booking() -> Iterator[None]:
    """Turn the database's refusal into words. They name nobody: the other visit may be somebody else's."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if _BOOKED_TWICE in str(error):
            raise NotPossible(
                "Somebody named on this visit is booked for another one at that time."
            ) from None
        raise
