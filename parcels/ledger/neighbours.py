"""Rows on the neighbouring work under an agreement: visits, and people who returned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from exchanges import access, queries
from exchanges.models import Visit
from parcels.ledger.shapes import Count, Obligation, Row, Scope
from people.models import Organisation

_AT_VISITS: Final = {
    "visits": "Visits",
    "seen": "Prisoners seen at visits",
    "letters_given": "Letters given to prisoners at visits",
    "letters_back": "Letters from prisoners at visits",
}


def visits(scope: Scope) -> Iterable[Row]:
    """Count visits between the actor's organisation and others, by the word of who visited."""
    ours = scope.actor.organisation_id
    told = [each for each in queries.visit_counts(scope.agreement.pk) if ours in (each.visited_by, each.host)]
    ends = Organisation.objects.in_bulk({end for each in told for end in (each.visited_by, each.host)})
    rows: dict[str, list[Count]] = {key: [] for key in _AT_VISITS}
    for each in told:
        visitor, host = ends[each.visited_by], ends[each.host]
        on = each.as_of.astimezone(ZoneInfo(visitor.time_zone)).date() if each.as_of else None
        there, back = (visitor.code, host.code), (host.code, visitor.code)
        for key, ways, value, of in (
            ("visits", there, each.held, "held"),
            ("seen", there, each.prisoners_seen, "in its reports, each visit by itself"),
            ("letters_given", there, each.letters_given, "at its visits"),
            ("letters_back", back, each.letters_received, "at its visits"),
        ):
            rows[key].append(Count(*ways, value, visitor.code, of, on))
    return [Row(key, label, tuple(rows[key])) for key, label in _AT_VISITS.items()]


def returned(scope: Scope) -> Iterable[Row]:
    """Give every count of returned people that was stated, each by itself: they overlap."""
    yield Row(
        "returned",
        "Displaced civilians returned",
        tuple(
            Count(
                way.from_organisation.code,
                way.to_organisation.code,
                each.number,
                each.stated_by.code if each.stated_by else each.source,
                f"{each.get_scope_display()}, said on {each.said_on.isoformat()}",
                each.said_on,
            )
            for way in queries.returned_each_way(scope.agreement, for_=scope.actor)
            for each in way.counts
        ),
    )


def visits_owed(scope: Scope) -> Iterable[Obligation]:
    """Visits whose time has passed without a word that they were held, and reports not yet given."""
    rows = access.visits(scope.actor).filter(agreement=scope.agreement, ends_at__lt=scope.now)
    for visit in rows.filter(status__in=(Visit.Status.SCHEDULED, Visit.Status.HELD)).order_by("pk"):
        assert visit.ends_at is not None  # noqa: S101  for the type checker
        due_on = visit.ends_at.astimezone(ZoneInfo(visit.host.time_zone)).date()
        if visit.status == Visit.Status.HELD:
            yield Obligation("its report on a visit", visit.visited_by.code, "", 1, due_on)
        else:
            yield Obligation("to hold the visit agreed for that day", visit.host.code, "", 1, due_on)
