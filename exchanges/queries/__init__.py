"""Questions about what the sides agreed and did."""

from exchanges.queries.calendars import calendar_hash, calendar_owner, visits_with
from exchanges.queries.prisoners import last_steps, progress, waiting
from exchanges.queries.rounds import of_organisations
from exchanges.queries.visits import VisitCount, counted, visit_counts

__all__ = [
    "VisitCount",
    "calendar_hash",
    "calendar_owner",
    "counted",
    "last_steps",
    "of_organisations",
    "progress",
    "visit_counts",
    "visits_with",
    "waiting",
]
