"""What calendar programs fetch. They know no other key than an address."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from exchanges.calendar import Entry, feed
from exchanges.queries import calendar_owner, visits_with

# A calendar keeps what is to come, and enough of the past to show that something was called off.
_MOST = 500


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    owner = calendar_owner(token, now)
    if owner is None:
        raise Http404
    newest = visits_with(owner, now).order_by("-starts_at", "-pk")[:_MOST]
    entries = [
        Entry(v.reference, v.status, v.starts_at, v.ends_at, v.changed_at or v.recorded_at, v.changes)
        for v in newest
    ]
    host = urlsplit(settings.PUBLIC_URL).hostname or "lifeline"
    response = HttpResponse(feed(entries, host=host), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Content-Disposition"] = 'attachment; filename="visits.ics"'
    return response
