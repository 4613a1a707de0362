"""A version of terms before it is in force: what it changes, whom it touches, and how many parcels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from exchanges import access, queries
from exchanges.actions import IN_FORCE
from exchanges.differences import Difference, only_texts
from exchanges.models import Terms
from parcels.admin import words
from parcels.admin.reading import reader_of
from parcels.touched import TOUCHED, Row, touched
from people.desk import page, require
from people.models import Approval


def preview(request: HttpRequest, terms_id: int) -> HttpResponse:
    reader = reader_of(request)
    require(reader.may("exchanges.view_terms"))
    known = Terms.objects.filter(agreement__in=access.agreements(reader.actor).values("pk"))
    terms = known.select_related("agreement").filter(pk=terms_id).first()
    if terms is None:
        raise Http404
    before, changes = queries.changes(terms)
    rows = touched(terms, list(reader.rounds)) if terms.status == Terms.Status.DRAFT else []
    context = {
        "terms": terms,
        "before": before,
        "changes": list(_changes(changes)),
        "rounds": [
            (reference, list(_shown(part))) for reference, part in groupby(rows, lambda row: row.round)
        ],
        "touched": sum(row.parcels for row in rows if row.fate in TOUCHED),
        "counted_at": timezone.now(),
        "proposed": Approval.objects.filter(act=IN_FORCE, subject=terms.pk, decision=None).first(),
        "may_decide": reader.may("people.change_approval"),
    }
    return page(request, "admin/parcels/terms_preview.html", f"What {terms} changes", context)


def _changes(changes: list[Difference]) -> Iterator[dict[str, Any]]:
    for each in changes:
        was, is_now = each.words
        yield {
            "about": each.about,
            "label": each.label,
            "change": "its reasons' texts" if only_texts(each) else each.change,
            "was": was,
            "is_now": is_now,
        }


def _shown(rows: Any) -> Iterator[tuple[Any, Row]]:
    for row in rows:
        yield words.badge(row.status) if row.status else "on the way or ended", row
