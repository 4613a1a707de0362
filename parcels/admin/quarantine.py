"""Parcels and people a worker failed on. Staff look at them, and let them go again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parcels.admin.moves import parcel_url
from parcels.admin.reading import reader_of
from parcels.models import Quarantine
from people.desk import ReadOnlyDesk, audit, staff_of


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyDesk):
    list_display = ("number", "kind", "since", "why")
    list_display_links = None
    list_select_related = ("parcel", "person")
    sortable_by = ("since",)
    ordering = ("since",)
    actions = ("let_go",)

    def mine(self, request: HttpRequest) -> Q:
        reader = reader_of(request)
        return Q(parcel__round__in=list(reader.rounds)) | Q(person__organisation=reader.organisation)

    @admin.display(description="parcel or person")
    def number(self, quarantine: Quarantine) -> SafeString:
        if quarantine.parcel is None:
            return format_html("{}", quarantine.person)
        return format_html('<a href="{}">{}</a>', parcel_url(quarantine.parcel), quarantine.parcel)

    @admin.display(description="why")
    def why(self, quarantine: Quarantine) -> str:
        """For whoever repairs it: the program's own words, none of the parcel's."""
        return quarantine.reason or "Its worker died on it, five times"

    def has_let_go_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).has_perm("parcels.change_quarantine")

    @admin.action(description="Let it go again", permissions=["let_go"])
    def let_go(self, request: HttpRequest, queryset: QuerySet[Quarantine]) -> None:
        """The worker of its kind finds it by query again."""
        rows: list[Any] = list(queryset.values_list("pk", "parcel_id", "person_id"))
        audit(staff_of(request), "let_go", "parcel", [parcel for _, parcel, _ in rows if parcel])
        audit(staff_of(request), "let_go", "person", [person for _, _, person in rows if person])
        Quarantine.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        messages.success(request, f"{len(rows)} let go: the worker takes them up again.")
