"""How many were seen, and what was carried, at visits. Callers have asked exchanges.access first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from exchanges.models import ReportedPerson, Visit


class VisitCount(NamedTuple):
    """What one organisation's visits to those held on one side come to, as that organisation told."""

    visited_by: int
    """The organisation that visited, and whose word the counts of prisoners and letters are."""
    host: int
    held: int
    reported: int
    prisoners_seen: int
    """Of all its visits: who was seen twice counts twice."""
    letters_given: int
    letters_received: int
    as_of: datetime | None
    """When the newest report was recorded; None while there is none."""


def counted(rows: QuerySet[Visit]) -> QuerySet[Any, Any]:
    """Add `prisoners_seen` to each visit: None until it is reported."""
    seen = (
        ReportedPerson.objects.filter(report__visit=OuterRef("pk"), seen=True)
        .order_by()
        .values("report__visit")
        .annotate(count=Count("person", distinct=True))
        .values("count")
    )
    told = When(status=Visit.Status.REPORTED, then=Coalesce(Subquery(seen), 0))
    return rows.annotate(prisoners_seen=Case(told, default=None, output_field=IntegerField()))


_COUNTS: Final = """
SELECT v.visited_by_id, v.host_id, count(*), count(*) FILTER (WHERE v.status = 'reported'),
       COALESCE(sum(told.seen), 0)::int, COALESCE(sum(v.letters_given), 0)::int,
       COALESCE(sum(v.letters_received), 0)::int, max(told.newest)
  FROM exchanges_visit v
  LEFT JOIN LATERAL (
       SELECT count(DISTINCT p.person_id) FILTER (WHERE p.seen) AS seen, max(r.recorded_at) AS newest
         FROM exchanges_visitreport r LEFT JOIN exchanges_reportedperson p ON p.report_id = r.id
        WHERE r.visit_id = v.id) AS told ON true
 WHERE v.agreement_id = %s AND v.status IN ('held', 'reported')
 GROUP BY v.visited_by_id, v.host_id ORDER BY v.visited_by_id, v.host_id
"""


def visit_counts(agreement_id: int) -> list[VisitCount]:
    """Return what an agreement's visits come to, by who visited and whose side was visited."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [agreement_id])
        return [VisitCount(*row) for row in cursor.fetchall()]
