"""Whose calendar an address is, and which visits stand in it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet

from exchanges.models import Visit
from people.models import Grant, Staff


def calendar_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def calendar_owner(token: str, now: datetime) -> Staff | None:
    """Return whose address it is, while they work here."""
    found = Staff.objects.filter(calendar_address__token_hash=calendar_hash(token), is_active=True).first()
    return found if found and found.grants.current(now).exists() else None


def visits_with(staff: Staff, now: datetime) -> QuerySet[Any, Any]:
    """Return the visits with a time on which they are named, for an organisation they still work for.

    Each has `changed_at`, and `changes`, how often its step changed.
    """
    theirs = Grant.objects.current(now).filter(staff=staff).values("organisation")
    steps = Q(history__what__in=("schedule", "postpone", "cancel", "hold", "report"))
    return (
        Visit.objects.filter(
            participants__staff=staff, participants__organisation__in=theirs, starts_at__isnull=False
        )
        .annotate(
            changed_at=Max("history__recorded_at", filter=steps),
            changes=Count("history", filter=steps, distinct=True),
        )
        .order_by(F("starts_at"), "pk")
    )
