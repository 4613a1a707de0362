"""A member's visits as an iCalendar (RFC 5545): when, and nothing of where, whom, or between which offices.

It goes to calendar programs, often on other people's machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from icalendar import Calendar, Event

_STATUS: Final = {
    "agreed": "TENTATIVE",
    "scheduled": "CONFIRMED",
    "held": "CONFIRMED",
    "reported": "CONFIRMED",
    # Its old time is free again.
    "postponed": "CANCELLED",
    "cancelled": "CANCELLED",
}


class Entry(NamedTuple):
    reference: str
    status: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    changes: int


def feed(entries: Iterable[Entry], *, host: str) -> bytes:
    """Return the calendar as RFC 5545 writes it; `host` makes its identifiers unique in the world."""
    calendar = Calendar()
    calendar.add("prodid", "-//Lifeline//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", "Lifeline")
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})  # RFC 7986
    for entry in entries:
        calendar.add_component(_event(entry, host))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: Entry, host: str) -> Event:
    event = Event()
    aside = f" ({entry.status})" if entry.status in ("postponed", "cancelled") else ""
    event.add("uid", f"{entry.reference}@{host}")
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.changes)
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", f"Visit {entry.reference}{aside}")
    event.add("status", _STATUS[entry.status])
    event.add("class", "CONFIDENTIAL")
    event.add("transp", "TRANSPARENT" if _STATUS[entry.status] == "CANCELLED" else "OPAQUE")
    return event
