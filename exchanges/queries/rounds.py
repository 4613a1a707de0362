"""Which rounds an organisation takes part in."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q


def of_organisations(organisations: Collection[int]) -> Q:
    """Return the condition that a round has one of these at an end, or between its ends."""
    return Q(sending__in=organisations) | Q(holding__in=organisations) | Q(neutral__in=organisations)
