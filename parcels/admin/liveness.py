"""The processes that do the work, and what to do about one that says nothing any more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan
from django.http import HttpRequest

from parcels.admin.reading import reader_of
from parcels.models import Liveness
from parcels.workers import liveness
from people.desk import ReadOnlyDesk, require


@admin.register(Liveness)
class LivenessAdmin(ReadOnlyDesk):
    list_display = ("program", "host", "pid", "state", "seen_at", "swept_at", "claimed_at", "began_at")
    list_display_links = None
    sortable_by = ()
    ordering = ("program", "host", "pid")
    change_list_template = "admin/parcels/workers.html"

    def mine(self, request: HttpRequest) -> Q:
        """They work for everybody here."""
        return Q() if reader_of(request).organisation is not None else Q(pk__in=[])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lives = GreaterThan(F("seen_at"), Now() - liveness.SILENT_AFTER)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(lives=lives)
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        require(self.has_view_permission(request))
        told = {"summary": liveness.summary(), "silent_after_s": liveness.SILENT_AFTER.seconds}
        return super().changelist_view(request, {**(extra_context or {}), **told})

    @admin.display(description="state")
    def state(self, process: Any) -> str:
        return "lives" if process.lives else "silent: have it started again"
