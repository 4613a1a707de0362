"""Making returns, naming who is on them, and bringing both from state to state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from exchanges import access, lifecycle, sealed, wishes
from exchanges.actions.recording import officer, officer_for, recorded
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Agreement, Return, ReturnPerson, ReturnStep
from exchanges.queries import wishes_of
from people import approvals, bulk
from people.actions import Telling, record_people
from people.actors import Actor, announce
from people.models import Organisation, Person

_NEEDS_REASON = frozenset({Return.Status.FELL_THROUGH.value, ReturnPerson.Status.SET_ASIDE.value})
# Whoever is on the way, or back, is no longer planned with.
_UNDER_WAY = frozenset({Return.Status.TRAVELLING.value, Return.Status.RETURNED.value})


class Particulars(NamedTuple):
    """What is kept of a return beside its status."""

    title: str
    region: str
    from_organisation: Organisation
    to_organisation: Organisation
    intermediary: Organisation | None = None
    responsible: Organisation | None = None
    agreement: Agreement | None = None


@transaction.atomic
def make_return(told: Particulars, requested_on: date, *, by: Actor, now: datetime) -> Return:
    """Record that a return was asked for. Two groups of one region and day are two, until persons say more.

    :raises approvals.NotYours: if `by` is no officer of an organisation it names
    :raises NotPossible: if its organisations cannot be, or the day has not come yet
    """
    announce(by)
    group = _told(Return(organisation_id=by.organisation_id, requested_on=requested_on), told, by)
    officer_for(group, by, now, requested_on)
    group.save(force_insert=True)
    _log(group, None, requested_on, by, now)
    return group


@transaction.atomic
def change_details(group: Return, told: Particulars, *, by: Actor, now: datetime) -> Return:
    """Tell anew who helps, who is responsible, and how the group is called; the two sides stand.

    :raises approvals.NotYours: if `by` is no officer of an organisation named on it
    :raises NotPossible: if its organisations cannot be so
    """
    announce(by)
    group = locked(group)
    officer_for(group, by, now)
    sides = (group.from_organisation_id, group.to_organisation_id)
    if (told.from_organisation.pk, told.to_organisation.pk) != sides:
        raise NotPossible("Another direction is another return.")
    group = _told(group, told, by)
    if group.organisation_id not in access.concerned_by(group):
        raise NotPossible("The office whose record this is stays on it.")
    group.save()
    return group


def _told(group: Return, told: Particulars, by: Actor) -> Return:
    agreement = told.agreement.pk if told.agreement else None
    if (
        agreement not in (None, group.agreement_id)
        and not access.agreements(by).filter(pk=agreement).exists()
    ):
        raise NotPossible("It counts under an agreement of your organisation, or under none.")
    if told.from_organisation == told.to_organisation:
        raise NotPossible("A return leads from one side to another.")
    if told.from_organisation.party_id is None or told.to_organisation.party_id is None:
        raise NotPossible("Each side is told by its office.")
    if told.intermediary and told.intermediary.party_id is not None:
        raise NotPossible("Who stands between the sides belongs to neither.")
    group.from_organisation, group.to_organisation = told.from_organisation, told.to_organisation
    group.intermediary, group.responsible, group.agreement = (
        told.intermediary, told.responsible, told.agreement,
    )  # fmt: skip
    if told.responsible and told.responsible.pk not in access.concerned_by(group):
        raise NotPossible("Responsible is one of the organisations on this return.")
    group.pk = group.pk or bulk.new_id(Return)
    group.sealed_title = sealed.of_return(told.title, sealed.TITLE, group.pk, group.pk)
    group.sealed_region = sealed.of_return(told.region, sealed.REGION, group.pk, group.pk)
    return group


@transaction.atomic
def change_return(
    group: Return,
    step: str,
    *,
    happened_on: date,
    planned_on: date | None = None,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> Return:
    """Bring a return to its next state. Silence is no step: nothing else ever moves it.

    :raises NotPossible: if that does not follow, or needs a day, a reason, or wishes that are not told
    :raises approvals.NotYours: if `by` is no officer of an organisation named on it
    """
    announce(by)
    group = locked(group)
    officer_for(group, by, now, happened_on)
    check_step(group, step, lifecycle.RETURN)
    if step == Return.Status.PLANNED:
        _plan(group, planned_on)
    if step == Return.Status.TRAVELLING:
        _wishes_are_told(group)
    if step in _NEEDS_REASON and not reason:
        raise NotPossible("Say why it fell through.")
    take_step(group, step, lifecycle.RETURN)
    why = reason if step in _NEEDS_REASON else ""
    _log(group, None, happened_on, by, now, why)
    if step == Return.Status.RETURNED:
        for member in group.persons.filter(status=ReturnPerson.Status.WITH_GROUP).select_for_update():
            take_step(member, ReturnPerson.Status.RETURNED, lifecycle.ON_A_RETURN)
            _log(group, member, happened_on, by, now)
    return group


def _plan(group: Return, planned_on: date | None) -> None:
    if planned_on is None:
        raise NotPossible("Say for which day it is planned.")
    group.planned_on = planned_on
    group.save(update_fields=["planned_on"])


def _wishes_are_told(group: Return) -> None:
    members = list(group.persons.filter(status=ReturnPerson.Status.WITH_GROUP))
    if not members:
        raise NotPossible("Nobody is named on it who would travel.")
    told = wishes_of(members)
    without = sum(wishes.in_the_way(told[member.pk]) is not None for member in members)
    if without:
        raise NotPossible(
            f"Nobody travels whose own wish is not known: {without} of {len(members)} have not said, in"
            " private or to the neutral agency, that they wish to return, or have said otherwise since."
        )


@transaction.atomic
def name_person(group: Return, person: Person, *, by: Actor, now: datetime) -> ReturnPerson:
    """Name one displaced civilian on a return, of the office whose record it is.

    :raises NotPossible: if they are named already, travel with another group, or it is under way
    :raises approvals.NotYours: if `by` is no officer of that office, or the person is not of its record
    """
    announce(by)
    group = locked(group)
    _officer_of_record(group, by, now)
    if person.kind != Person.Kind.EVACUEE or person.organisation_id != group.organisation_id:
        raise approvals.NotYours
    if group.status in _UNDER_WAY:
        raise NotPossible("It is under way: who joins later is another return.")
    if group.persons.filter(person=person).exists():
        raise NotPossible("They are named on this return already.")
    with _with_one_group():
        member = ReturnPerson.objects.create(
            group=group, person=person, named_by_id=officer(by), named_at=now
        )
    _log(group, member, timezone.localdate(now), by, now)
    return member


@transaction.atomic
def name_new(group: Return, telling: Telling, *, by: Actor, now: datetime) -> ReturnPerson:
    """Record a displaced civilian and name them; one whom the office knows by all this is that one.

    :raises NotPossible: as `name_person`
    :raises approvals.NotYours: as `name_person`
    """
    _officer_of_record(group, by, now)
    (known,) = record_people([telling], organisation_id=by.organisation_id, now=now)
    return name_person(group, Person.objects.get(pk=known.id), by=by, now=now)


@transaction.atomic
def change_person(
    member: ReturnPerson, step: str, *, happened_on: date, reason: str = "", by: Actor, now: datetime
) -> ReturnPerson:
    """Set one person aside, who stays behind while the others go on; or take them along again.

    :raises NotPossible: if that does not follow, needs a reason, or the group is under way
    :raises approvals.NotYours: if `by` is no officer of an organisation named on the return
    """
    announce(by)
    group = locked(member.group)
    member = locked(member)
    officer_for(group, by, now, happened_on)
    if step == ReturnPerson.Status.RETURNED:
        raise NotPossible("They have returned when their group has.")
    check_step(member, step, lifecycle.ON_A_RETURN)
    if step in _NEEDS_REASON and not reason:
        raise NotPossible("Say why they stay behind.")
    if step == ReturnPerson.Status.WITH_GROUP and group.status in _UNDER_WAY:
        raise NotPossible("It is under way: who joins later is another return.")
    with _with_one_group():
        take_step(member, step, lifecycle.ON_A_RETURN)
    _log(group, member, happened_on, by, now, reason if step in _NEEDS_REASON else "")
    return member


@contextmanager
def _with_one_group() -> Iterator[None]:
    """:raises NotPossible: if this person is with another group: the database keeps that"""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "returnperson_with_one_group" not in str(error):
            raise
        raise NotPossible("They are with another group: set them aside there first.") from None


def _officer_of_record(group: Return, by: Actor, now: datetime) -> None:
    if by.organisation_id != group.organisation_id:
        raise approvals.NotYours
    officer_for(group, by, now)


def _log(
    group: Return,
    member: ReturnPerson | None,
    happened_on: date,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    ReturnStep.objects.create(
        group=group,
        member=member,
        status=member.status if member else group.status,
        happened_on=happened_on,
        planned_on=group.planned_on if not member and group.status == Return.Status.PLANNED else None,
        reason=reason,
        **recorded(by, now),
    )
