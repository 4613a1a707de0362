"""Giving a member of staff the secret address of their calendar, and taking it back."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from exchanges.models import CalendarAddress
from exchanges.queries import calendar_hash
from people.models import AuditEntry


@transaction.atomic
def issue_calendar(staff_id: int, *, now: datetime) -> str:
    """Return the token of a new address, 256 random bits; one given before ends. Only its hash is kept."""
    token = secrets.token_urlsafe(32)
    CalendarAddress.objects.update_or_create(
        staff_id=staff_id, defaults={"token_hash": calendar_hash(token), "made_at": now}
    )
    AuditEntry.objects.create(staff_id=staff_id, act="issue_calendar", at=now)
    return token


@transaction.atomic
def withdraw_calendar(staff_id: int, *, now: datetime) -> bool:
    """End the address; return whether there was one."""
    ended, _ = CalendarAddress.objects.filter(staff=staff_id).delete()
    if ended:
        AuditEntry.objects.create(staff_id=staff_id, act="withdraw_calendar", at=now)
    return bool(ended)
