"""What a person asks of an office about their own data: recorded by an officer, answered in time, by two.

An objection and a restriction protect at once; ending them takes two officers. Erasing is carried out where
parcels are known: `parcels.erasing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from people import approvals, audit, matching
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.models import Approval, Person, Purpose, Restriction, RightsRequest
from people.processing import marks_of

SUBJECT: Final = "request"
REFUSE: Final = "refuse_request"
LIFT: Final = "lift_mark"
HOLD: Final = "hold_record"
Kind, Mark = RightsRequest.Kind, Restriction.Mark
DEADLINES: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        Kind.ERASURE: timedelta(hours=24),
        Kind.RESTRICTION: timedelta(hours=24),
        Kind.OBJECTION: timedelta(hours=24),
        Kind.ACCESS: timedelta(days=7),
        Kind.CORRECTION: timedelta(days=7),
    }
)
LONGEST_HOLD: Final = timedelta(days=366)
# What takes effect as it is recorded.
_AT_ONCE: Final[Mapping[str, str]] = MappingProxyType(
    {Kind.OBJECTION: Mark.OBJECTION, Kind.RESTRICTION: Mark.RESTRICTION}
)


class NotPossible(ValueError):
    """What is asked cannot be done so; the message says why, for staff."""


class Asked(NamedTuple):
    """A request as it came in: who asked, by which channel, and how it was checked who they are."""

    kind: str
    asked_by: str
    channel: str
    identity: str
    received_at: datetime
    purpose: str = ""
    document: str = ""


def record(person: Person, asked: Asked, *, by: Actor, now: datetime) -> RightsRequest:
    """Record a request about the office's own record; an objection or restriction is in force with it.

    :raises approvals.NotYours: if it is another office's record, or `by` is no officer
    :raises NotPossible: if it came in after now, or what it needs is missing
    """
    officer = check_officer(person, by)
    _check(asked, now)
    with transaction.atomic():
        announce(by)
        made = RightsRequest.objects.create(
            person=person,
            **asked._asdict(),
            due_at=asked.received_at + DEADLINES[asked.kind],
            organisation_id=by.organisation_id,
            recorded_by_id=officer,
            recorded_at=now,
        )
        _audit(by, Act.RECORD_REQUEST, person.pk, now)
        if mark := _AT_ONCE.get(asked.kind):
            _mark(person.pk, mark, asked.purpose, by, officer, now, request=made)
            _end(made, RightsRequest.Outcome.DONE, now)
        return made


def _check(asked: Asked, now: datetime) -> None:
    if asked.received_at > now:
        raise NotPossible("It cannot have come in after now.")
    if asked.kind == Kind.OBJECTION and asked.purpose not in Purpose.values:
        raise NotPossible("Say which purpose they object to.")
    if asked.kind != Kind.OBJECTION and asked.purpose:
        raise NotPossible("Only an objection is to one purpose.")
    mandated = asked.asked_by == RightsRequest.AskedBy.REPRESENTATIVE
    if mandated and not asked.document:
        raise NotPossible("Name the mandate of who asks for them.")


def open_requests(office: int | None) -> QuerySet[RightsRequest]:
    """Return what the office has still to answer, the most urgent first."""
    rows = RightsRequest.objects.filter(organisation=office, outcome=None)
    return rows.select_related("person", "recorded_by").order_by("due_at", "pk")


def corrected(request: RightsRequest, *, by: Actor, now: datetime) -> None:
    """End a request for correction, once a later word stands beside what was told before.

    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises NotPossible: if nothing was told since it came in, or it is no open request of that kind
    """
    check_officer(request.person, by)
    if request.kind != Kind.CORRECTION or request.outcome is not None:
        raise NotPossible("This is no open request for correction.")
    if not request.person.facts.filter(recorded_at__gte=request.received_at).exists():
        raise NotPossible("Nothing was told of this person since: add what is right first.")
    with transaction.atomic():
        announce(by)
        _end(request, RightsRequest.Outcome.DONE, now)
        _audit(by, Act.CORRECT_ON_REQUEST, request.person_id, now)


def answered(request: RightsRequest, *, by: Actor, now: datetime) -> None:
    """End a request to be told, as its file is handed out. Call it in that transaction."""
    if request.kind == Kind.ACCESS and request.outcome is None:
        _end(request, RightsRequest.Outcome.DONE, now)


def propose_refusal(request: RightsRequest, reason: str, *, by: Actor, now: datetime) -> Approval:
    """Propose to refuse; another officer confirms it.

    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises approvals.NotOpen: if that is proposed already
    :raises NotPossible: without a known reason, or once it was answered
    """
    check_officer(request.person, by)
    if reason not in RightsRequest.Reason.values:
        raise NotPossible("Say why.")
    if request.outcome is not None or request.decided_under_id is not None:
        raise NotPossible("It is answered already.")
    return approvals.propose(SUBJECT, request.pk, REFUSE, by=by, details={"reason": reason}, now=now)


@approvals.carries_out(REFUSE)
def _refuse(approval: Approval, by: Actor, now: datetime) -> None:
    request = RightsRequest.objects.select_for_update().select_related("person").get(pk=approval.subject)
    if request.outcome is not None or request.decided_under_id is not None or by.staff_id is None:
        raise approvals.NotOpen
    reason = approval.details["reason"]
    announce(by)
    if reason == RightsRequest.Reason.UNDER_WAY:
        # Used for the parcel that is on its way, and for nothing else.
        _mark(request.person_id, Mark.RESTRICTION, "", by, approval.proposed_by_id, now, request=request)
    request.reason, request.decided_under = reason, approval
    _end(request, RightsRequest.Outcome.REFUSED, now)
    _audit(by, Act.REFUSE_REQUEST, request.person_id, now)


def propose_to_lift(person: Person, mark: str, purpose: str, *, by: Actor, now: datetime) -> Approval:
    """Propose that a mark ends; another officer confirms it.

    :raises approvals.NotYours: if it is another office's record, or `by` is no officer
    :raises approvals.NotOpen: if something of this person waits for that already
    :raises NotPossible: if there is no such mark
    """
    check_officer(person, by)
    if not marks_of(person, now.date()).has(mark, purpose):
        raise NotPossible("There is no such mark.")
    details = {"mark": mark, "purpose": purpose}
    return approvals.propose("person", person.pk, LIFT, by=by, details=details, now=now)


@approvals.carries_out(LIFT)
def _lift(approval: Approval, by: Actor, now: datetime) -> None:
    person, told = Person.objects.get(pk=approval.subject), approval.details
    if not marks_of(person, now.date()).has(told["mark"], told["purpose"]) or by.staff_id is None:
        raise approvals.NotOpen
    announce(by)
    _mark(
        person.pk, told["mark"], told["purpose"], by, approval.proposed_by_id, now,
        lifted=True, also_by_id=by.staff_id,
    )  # fmt: skip
    matching.due_again([person.pk])


def propose_hold(person: Person, until_on: date, *, by: Actor, now: datetime) -> Approval:
    """Propose that a record is kept past its term, up to a day: a claim, a court, an incident.

    :raises approvals.NotYours: if it is another office's record, or `by` is no officer
    :raises approvals.NotOpen: if that is proposed already
    :raises NotPossible: unless the day lies ahead, within a year
    """
    check_officer(person, by)
    if not now.date() < until_on <= (now + LONGEST_HOLD).date():
        raise NotPossible("A hold ends on a day to come, within a year; it can be renewed.")
    details = {"until_on": until_on.isoformat()}
    return approvals.propose("person", person.pk, HOLD, by=by, details=details, now=now)


@approvals.carries_out(HOLD)
def _hold(approval: Approval, by: Actor, now: datetime) -> None:
    announce(by)
    until_on = date.fromisoformat(approval.details["until_on"])
    _mark(
        approval.subject, Mark.HOLD, "", by, approval.proposed_by_id, now,
        until_on=until_on, also_by_id=by.staff_id,
    )  # fmt: skip


def _mark(
    person_id: int, mark: str, purpose: str, by: Actor, staff_id: int, now: datetime, **fields: object
) -> None:
    Restriction.objects.create(
        person_id=person_id,
        mark=mark,
        purpose=purpose,
        organisation_id=by.organisation_id,
        recorded_by_id=staff_id,
        recorded_at=now,
        **fields,
    )
    act = f"lift_{mark}" if fields.get("lifted") else f"mark_{mark}"
    _audit(replace(by, staff_id=staff_id), act, person_id, now)


def _end(request: RightsRequest, outcome: str, now: datetime) -> None:
    request.outcome, request.ended_at = outcome, now
    request.save(update_fields=["outcome", "reason", "decided_under", "ended_at"])


def check_officer(person: Person, by: Actor) -> int:
    """Return who of the office that keeps this record acts.

    :raises approvals.NotYours: if it is another office's record, or `by` is no officer
    """
    if person.organisation_id != by.organisation_id or not by.roles & OFFICERS or by.staff_id is None:
        raise approvals.NotYours
    return by.staff_id


def _audit(by: Actor, act: str, person_id: int, now: datetime) -> None:
    audit.record(by, act, "person", person_id, purpose=Purpose.RIGHTS_REQUEST, now=now)
