"""The calendar of those who go: what RFC 5545 asks, and nothing of where and whom."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.http import HttpResponse
from django.test import Client
from icalendar import Calendar

from exchanges import actions
from exchanges.actions import issue_calendar, withdraw_calendar
from exchanges.calendar import Entry, feed
from exchanges.models import CalendarAddress, Visit
from people.models import AuditEntry, Grant, Staff
from tests.exchanges.visits import HOUR, agreed, person, scheduled
from tests.factories import NOON, World, world

PLACE = "Ward 7, Long Street"


@pytest.fixture
def w(db: None) -> World:
    return world()


def fetch(token: str) -> HttpResponse:
    return Client().get(f"/calendar/{token}.ics")


def mine(w: World, staff: Staff) -> Visit:
    visit = scheduled(w, person(w.north, "Pavlo Away"))
    actions.set_place(visit, PLACE, by=w.act(w.elena), now=NOON)
    actions.name_participants(visit, [staff.pk], by=w.act(w.gita), now=NOON)
    return visit


def test_lines_are_folded_and_escaped_as_the_rules_say() -> None:
    """RFC 5545 3.1: lines end in CRLF and hold 75 octets at most. 3.3.11: commas and breaks are escaped."""
    entry = Entry("ж" * 60 + ",;\n\\", "scheduled", NOON, NOON + HOUR, NOON, 1)

    text = feed([entry], host="x.example")

    assert text.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    assert "ж\\,\\;\\n\\\\" in text.decode().replace("\r\n ", "")


def test_feed_holds_what_a_calendar_needs() -> None:
    text = feed([Entry("abc", "scheduled", NOON, NOON + HOUR, NOON - HOUR, 2)], host="x.example")

    lines = text.decode().splitlines()
    for line in (
        "VERSION:2.0", "METHOD:PUBLISH", "PRODID:-//Lifeline//Visits//EN", "UID:abc@x.example",
        "DTSTAMP:20261120T110000Z", "DTSTART:20261120T120000Z", "DTEND:20261120T130000Z", "SEQUENCE:2",
        "STATUS:CONFIRMED", "SUMMARY:Visit abc", "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ):  # fmt: skip
        assert line in lines


@pytest.mark.parametrize("away", [timedelta(hours=3), timedelta(0)])
def test_times_are_told_in_utc_whatever_their_zone(away: timedelta) -> None:
    starts = datetime(2026, 11, 20, 12, tzinfo=UTC).astimezone(timezone(away))

    assert b"DTSTART:20261120T120000Z" in feed([Entry("a", "held", starts, starts + HOUR, NOON, 1)], host="x")


def test_visits_on_which_one_is_named_are_told_without_place_names_and_organisations(w: World) -> None:
    visit = mine(w, w.ivo)
    scheduled(w, at=NOON + 5 * HOUR)  # not his
    answer = fetch(issue_calendar(w.ivo.pk, now=NOON))

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "no-store"
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["SUMMARY"]) == f"Visit {visit.reference}"
    text = answer.content.decode().casefold()
    for word in (
        "ward",
        "pavlo",
        "away",
        "north",
        "south",
        "gita",
        "ivo",
        "location",
        "attendee",
        "organizer",
    ):
        assert word not in text


def test_called_off_visits_are_cancelled_and_undated_ones_left_out(w: World) -> None:
    visit = mine(w, w.ivo)
    undated = agreed(w)
    actions.name_participants(undated, [w.ivo.pk], by=w.act(w.gita), now=NOON)
    actions.postpone_visit(visit, "travel", by=w.act(w.gita), now=NOON)
    token = issue_calendar(w.ivo.pk, now=NOON)

    (event,) = Calendar.from_ical(fetch(token).content).walk("VEVENT")

    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert "travel" not in fetch(token).content.decode()


def test_address_is_kept_as_a_hash_and_a_new_one_ends_the_old(w: World) -> None:
    mine(w, w.ivo)
    old = issue_calendar(w.ivo.pk, now=NOON)
    new = issue_calendar(w.ivo.pk, now=NOON)

    assert [fetch(old).status_code, fetch(new).status_code] == [404, 200]
    assert new.encode() not in bytes(CalendarAddress.objects.get().token_hash)
    assert AuditEntry.objects.filter(act="issue_calendar", staff=w.ivo).count() == 2
    assert (withdraw_calendar(w.ivo.pk, now=NOON), withdraw_calendar(w.ivo.pk, now=NOON)) == (True, False)
    assert fetch(new).status_code == 404


def test_who_left_has_no_calendar(w: World) -> None:
    mine(w, w.ivo)
    token = issue_calendar(w.ivo.pk, now=NOON)
    Grant.objects.filter(staff=w.ivo).update(until_at=NOON - HOUR)
    assert fetch(token).status_code == 404

    Grant.objects.filter(staff=w.ivo).update(until_at=None)
    Staff.objects.filter(pk=w.ivo.pk).update(is_active=False)
    assert fetch(token).status_code == 404


def test_who_changed_sides_sees_no_visit_of_the_former(w: World) -> None:
    mine(w, w.ivo)
    token = issue_calendar(w.ivo.pk, now=NOON)
    Grant.objects.filter(staff=w.ivo).update(organisation=w.harbour)

    assert Calendar.from_ical(fetch(token).content).walk("VEVENT") == []


def test_unknown_address_is_not_found(w: World) -> None:
    assert [fetch(token).status_code for token in ("x", "%00", "a" * 4000)] == [404, 404, 404]
    assert Client().post("/calendar/x.ics").status_code == 405
