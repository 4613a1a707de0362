"""Which rounds an organisation takes part in, and which are to be closed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from exchanges.models import Round


def of_organisations(organisations: Collection[int]) -> Q:
    """Return the condition that a round has one of these at an end, or between its ends."""
    return Q(sending__in=organisations) | Q(holding__in=organisations) | Q(neutral__in=organisations)


def is_to_close(today: date) -> Q:
    """Return the condition that a round's last day is over and nobody has closed it."""
    return Q(status=Round.Status.COLLECTING, closes_on__lt=today)
