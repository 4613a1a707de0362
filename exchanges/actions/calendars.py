"""Giving a member of staff the secret address of their calendar, and taking it back."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from exchanges.models import CalendarAddress
from exchanges.queries import calendar_hash
from people.acts import Act
from people.audit import record
from people.models import Staff


@transaction.atomic
def issue_calendar(staff_id: int, *, now: datetime) -> str:
    """Return the token of a new address, 256 random bits; one given before ends. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    CalendarAddress.objects.update_or_create(
        staff_id=staff_id, defaults={"token_hash": calendar_hash(token), "made_at": now}
    )
    record(Staff(pk=staff_id), Act.ISSUE_CALENDAR, now=now)
    return token


@transaction.atomic
def withdraw_calendar(staff_id: int, *, now: datetime) -> bool:
    """End the address; return whether there was one."""
    ended, _ = CalendarAddress.objects.filter(staff=staff_id).delete()
    if ended:
        record(Staff(pk=staff_id), Act.WITHDRAW_CALENDAR, now=now)
    return bool(ended)
