"""Who records something of a return or a claim, and for which office."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from exchanges import access
from exchanges.actions.steps import NotPossible
from exchanges.models import Return
from people import approvals
from people.actors import OFFICERS, Actor


def officer(by: Actor) -> int:
    """Return the member of staff whose act it is.

    :raises approvals.NotYours: if `by` is no officer
    """
    if not by.roles & OFFICERS or by.staff_id is None:
        raise approvals.NotYours
    return by.staff_id


def officer_for(group: Return, by: Actor, now: datetime, *days: date | None) -> None:
    """Check that an officer of an organisation named on the return tells of days that have come.

    :raises approvals.NotYours: if `by` is no such officer
    :raises NotPossible: if one of the days has not come yet
    """
    officer(by)
    if by.organisation_id not in access.concerned_by(group):
        raise approvals.NotYours
    have_come(now, *days)


def have_come(now: datetime, *days: date | None) -> None:
    """:raises NotPossible: if one of the days has not come yet"""
    if any(day and day > timezone.localdate(now) for day in days):
        raise NotPossible("This day has not come yet.")


def recorded(by: Actor, now: datetime) -> dict[str, Any]:
    """Return the columns that say who records it, for which office, and when."""
    return {"organisation_id": by.organisation_id, "recorded_by_id": officer(by), "recorded_at": now}
