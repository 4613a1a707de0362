"""Hard news: what a family learns only when a liaison lets it be read, after a call where one is due."""

from __future__ import annotations

from typing import Final

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse

from parcels.access import Relation
from parcels.admin import words
from parcels.admin.reading import reader_of
from parcels.models import Movement, Parcel
from people.desk import BoundedPaginator, page, require

_PAGE: Final = 50


def waiting_news(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    require(reader.may("parcels.release_parcel"))
    since = Movement.objects.filter(parcel=OuterRef("pk"), number=OuterRef("held_from")).values("recorded_at")
    parcels = (
        Parcel.objects.filter(round__in=reader.as_relation(Relation.SENDING), held_from__isnull=False)
        .select_related("round")
        .annotate(held_since=Subquery(since))
        .order_by("held_since", "pk")
    )
    found = BoundedPaginator(parcels, _PAGE).get_page(request.GET.get("page"))
    rows = [(parcel, words.badge(parcel.status)) for parcel in found.object_list]
    return page(request, "admin/parcels/news.html", "Hard news to release", {"rows": rows, "page": found})
