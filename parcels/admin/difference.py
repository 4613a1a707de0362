"""What reconciliation found: for officers, who decide, and auditors, who look whether they did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parcels.admin import words
from parcels.admin.moves import parcel_url
from parcels.admin.reading import Reader, reader_of
from parcels.models import Difference, Movement, Parcel, Reconciliation
from people.desk import ReadOnlyDesk, page, require


def theirs(reader: Reader) -> Q:
    """Return which are about their rounds; what is about none, as work left behind, is everybody's."""
    rounds = list(reader.rounds)
    nobodys = Q(parcel=None, consignment=None, round=None)
    gone = Q(parcel__isnull=False) & ~Q(parcel__in=Parcel.objects.all())
    ours = Q(parcel__round__in=rounds) | Q(consignment__round__in=rounds) | Q(round__in=rounds)
    return ours | nobodys | gone if reader.organisation is not None else Q(pk__in=[])


def open_differences(reader: Reader) -> QuerySet[Difference]:
    return Difference.objects.filter(theirs(reader), gone_at=None)


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("open", "open"), ("gone", "found no more")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("open", "gone"):
            return queryset
        return queryset.filter(gone_at__isnull=self.value() == "open")


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyDesk):
    list_display = ("kind", "of_what", "expected", "found", "since", "seen_at", "gone_at")
    list_display_links = ("kind",)
    list_filter = (StateFilter,)
    sortable_by = ("since",)
    ordering = ("-since", "-pk")
    change_list_template = "admin/parcels/differences.html"

    def mine(self, request: HttpRequest) -> Q:
        return theirs(reader_of(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Joined, for what they name may be gone: see `_there`.
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("parcel__round", "consignment", "round")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        require(self.has_view_permission(request))
        last = Reconciliation.objects.exclude(ended_at=None).order_by("-pk").first()
        return super().changelist_view(request, {**(extra_context or {}), "last": last})

    @admin.display(description="of what")
    def of_what(self, difference: Difference) -> str | SafeString:
        return _of_what(difference)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        difference: Difference = self.get_object(request, object_id)
        context = {
            "difference": difference,
            "of_what": _of_what(difference),
            "history": _history(reader_of(request), difference),
            "others": Difference.objects.filter(theirs(reader_of(request)), parcel=difference.parcel_id)
            .exclude(pk=difference.pk)
            .order_by("-since")
            if difference.parcel_id
            else (),
        }
        return page(request, "admin/parcels/difference.html", str(difference), context)


def _of_what(difference: Difference) -> str | SafeString:
    if difference.work:
        return f"work: {difference.work}"
    # The columns promise no row: what they name may be gone.
    parcel = _there(difference, "parcel")
    if parcel is not None:
        return format_html('<a href="{}">{}</a>', parcel_url(parcel), parcel)
    if consignment := _there(difference, "consignment"):
        url = reverse("admin:parcels_consignment_change", args=[consignment.pk])
        return format_html('<a href="{}">consignment {}</a>', url, consignment)
    if round_ := _there(difference, "round"):
        return f"round {round_}"
    return f"a parcel that is gone ({difference.parcel_id})"


def _there(difference: Difference, name: str) -> Any:
    """Return the row that was joined, or None where there is none."""
    return difference._state.fields_cache.get(name)


def _history(reader: Reader, difference: Difference) -> list[dict[str, Any]]:
    """Return the movements as they are kept, where the parcel is one whose movements are theirs to read.

    The holding side reads no movement here: it could tell from one what it is spared.
    """
    parcel = _there(difference, "parcel")
    if parcel is None or parcel.round_id not in reader.rounds:
        return []
    if reader.organisation == parcel.round.holding_id:
        return []
    rows = Movement.objects.filter(parcel=parcel).select_related("organisation").order_by("number", "pk")
    return [
        {
            "number": row.number,
            "done": words.DONE.get(row.move, row.move),
            "from_status": words.STATUS.get(row.from_status or "", row.from_status or ""),
            "status": words.STATUS.get(row.status, row.status),
            "recorded_at": row.recorded_at,
            "organisation": row.organisation,
            "here": row.number == difference.number,
        }
        for row in rows
    ]
