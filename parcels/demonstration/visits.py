"""Four visits to prisoners: one reported, one held and still to report, one next week, one postponed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from exchanges.actions import (
    ToldParcel,
    ToldPerson,
    ToldReport,
    add_people,
    agree_visit,
    hold_visit,
    name_participants,
    postpone_visit,
    report_visit,
    schedule_visit,
    set_place,
)
from exchanges.models import Agreement, Visit
from parcels.demonstration import mirror
from parcels.demonstration.offices import HOLDING, NEUTRAL, ROUND, SENDING, Office, actor, office
from parcels.lifecycle import Status
from parcels.models import Parcel
from people.models import Person, Staff

_HOURS: Final = timedelta(hours=3)
_CONFIRM: Final = 4
_DAYS_AGO: Final = 5


def make(now: datetime) -> None:
    agreement = Agreement.objects.get(rounds__reference=ROUND)
    _reported(agreement, now)
    _to_report(agreement, now)
    _next_week(agreement, now)
    _postponed(agreement, now)


def are_there() -> bool:
    return Visit.objects.filter(agreement__rounds__reference=ROUND).exists()


def _reported(agreement: Agreement, now: datetime) -> None:
    """The neutral agency speaks in private with those who are said to have received a parcel from Vestria."""
    farid = actor("farid")
    parcels = mirror.received()[: _CONFIRM + 1]
    seen = [each.recipient for each in parcels]
    began, before = now - timedelta(days=_DAYS_AGO), now - timedelta(days=_DAYS_AGO + 9)
    visit = agree_visit(
        agreement, Visit.Kind.NEUTRAL, visited_by=office(NEUTRAL), host=office(SENDING), by=farid, now=before
    )
    visit = _book(visit, seen, "farid", began, before)
    set_place(visit, "Place of detention by the Old Ferry, visitors' room", by=farid, now=before)
    visit = hold_visit(visit, by=farid, now=began + _HOURS)
    told = [
        ToldPerson(
            person.pk, True, (ToldParcel(parcel.number, received=True, complete="yes"),),
            words="Says that all of it reached him, and thanks for the letter.", letters_given=1,
            letters_received=1,
        )
        for person, parcel in zip(seen[:_CONFIRM], parcels, strict=False)
    ]  # fmt: skip
    last = parcels[_CONFIRM]
    told.append(
        ToldPerson(
            last.recipient_id, True, (ToldParcel(last.number, received=False),),
            words="Says that no parcel has reached him.", letters_given=1,
        )
    )  # fmt: skip
    form = ToldReport("VISIT-FORM-1", Visit.InPrivate.YES, told)
    report_visit(visit, form, by=farid, now=began + 2 * _HOURS)


def _to_report(agreement: Agreement, now: datetime) -> None:
    """Held yesterday: the office has still to write down whom it saw."""
    began, before = now - timedelta(days=1), now - timedelta(days=12)
    visit = _mutual(agreement, "gita", HOLDING, before)
    visit = _book(visit, _received_in_december(4), "gita", began, before)
    hold_visit(visit, by=actor("gita"), now=began + _HOURS)


def _next_week(agreement: Agreement, now: datetime) -> None:
    visit = _mutual(agreement, "rana", SENDING, now - timedelta(days=3))
    of_vestria = [each.recipient for each in mirror.received()[_CONFIRM + 1 :][:3]]
    _book(visit, of_vestria, "rana", now + timedelta(days=7), now - timedelta(days=3))


def _postponed(agreement: Agreement, now: datetime) -> None:
    """Two relatives were to come, and could not travel."""
    gita, before = actor("gita"), now - timedelta(days=10)
    parcels = _parcels_received(2, after=4)
    visit = agree_visit(
        agreement, Visit.Kind.FAMILY, visited_by=office(SENDING), host=office(HOLDING), by=gita, now=before
    )
    visit = _book(visit, [each.recipient for each in parcels], "gita", now + timedelta(days=2), before)
    relatives = [each.sender_id for each in parcels]
    add_people(visit, relatives, "relative", by=gita, now=before)
    postpone_visit(visit, Visit.Reason.TRAVEL, by=gita, now=now - timedelta(days=2))


def _mutual(agreement: Agreement, username: str, host: Office, before: datetime) -> Visit:
    by = actor(username)
    own = HOLDING if host == SENDING else SENDING
    return agree_visit(
        agreement, Visit.Kind.MUTUAL, visited_by=office(own), host=office(host), by=by, now=before
    )


def _book(
    visit: Visit, prisoners: Sequence[Person], username: str, starts_at: datetime, before: datetime
) -> Visit:
    by = actor(username)
    add_people(visit, [each.pk for each in prisoners], "prisoner", by=by, now=before)
    name_participants(visit, [Staff.objects.get(username=username).pk], by=by, now=before)
    return schedule_visit(visit, starts_at, starts_at + _HOURS, by=by, now=before)


def _parcels_received(count: int, after: int = 0) -> list[Parcel]:
    found = Parcel.objects.filter(round__reference=ROUND, status=Status.RECEIVED)
    return list(found.select_related("recipient").order_by("external_id")[after : after + count])


def _received_in_december(count: int) -> list[Person]:
    return [each.recipient for each in _parcels_received(count)]
