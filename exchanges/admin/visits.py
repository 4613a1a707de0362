"""Visits: the list, what comes first on top, and the way to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Case, DateTimeField, Exists, F, IntegerField, OuterRef, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from exchanges import access, actions
from exchanges.admin import my_calendar, visit_page, visit_report
from exchanges.admin.agreements import signed_by
from exchanges.admin.visit_forms import AgreeForm
from exchanges.desk import acting, badge
from exchanges.models import Agreement, Visit, VisitParticipant
from exchanges.queries import counted
from people import approvals, rights
from people.actors import Actor
from people.desk import ReadOnlyDesk, page, require, staff_of

_OPEN: Final = (Visit.Status.AGREED, Visit.Status.SCHEDULED, Visit.Status.POSTPONED, Visit.Status.HELD)


class _Fixed(admin.SimpleListFilter):
    choices_of: tuple[tuple[str, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in self.choices_of]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.condition(value)) if (value := self.value()) else queryset

    def condition(self, value: str) -> Q:
        return Q((str(self.title), value))


class StatusFilter(_Fixed):
    title, parameter_name = "status", "status"
    choices_of = tuple(Visit.Status.choices)


class KindFilter(_Fixed):
    title, parameter_name = "kind", "kind"
    choices_of = tuple(Visit.Kind.choices)


class NamedFilter(_Fixed):
    title, parameter_name = "taking part", "mine"
    choices_of = (("yes", "I take part"),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        mine = VisitParticipant.objects.filter(staff=staff_of(request), visit=OuterRef("pk"))
        return queryset.filter(Exists(mine)) if self.value() else queryset


@admin.register(Visit)
class VisitAdmin(ReadOnlyDesk):
    list_display = (
        "reference", "status_shown", "kind", "visited_by", "host", "begins", "seen",
    )  # fmt: skip
    list_filter = (NamedFilter, StatusFilter, KindFilter)
    list_select_related = ("visited_by", "host")
    search_fields = ("reference__exact",)
    search_help_text = "A visit's reference, whole"
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/exchanges/visit_list.html"

    def mine(self, request: HttpRequest) -> Q:
        staff = staff_of(request)
        mine = Q(pk__in=())
        for organisation in rights.organisations(staff, "exchanges.view_visit"):
            roles = rights.roles_in(staff, organisation)
            mine |= access.seen_by(Actor("staff", organisation, roles, staff_id=staff.pk))
        return mine

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = counted(super().get_queryset(request).defer("sealed_place"))
        return rows

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is still to be held or reported, soonest first; then what is over, newest first."""
        is_over = Case(When(status__in=_OPEN, then=0), default=1, output_field=IntegerField())
        soonest = Case(When(status__in=_OPEN, then="starts_at"), output_field=DateTimeField())
        return (is_over.asc(), soonest.asc(nulls_last=True), F("starts_at").desc(nulls_last=True), "-pk")

    @admin.display(description="status")
    def status_shown(self, visit: Visit) -> SafeString:
        return badge(visit)

    @admin.display(description="begins")
    def begins(self, visit: Visit) -> str:
        return date_format(timezone.localtime(visit.starts_at), "j M Y, H:i") if visit.starts_at else ""

    @admin.display(description="prisoners seen")
    def seen(self, visit: Any) -> str:
        return "" if visit.prisoners_seen is None else str(visit.prisoners_seen)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.may(staff_of(request), "exchanges.add_visit")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mine = rights.organisations(staff_of(request), "exchanges.add_visit")
        require(bool(mine))
        agreements = Agreement.objects.filter(signed_by(mine)).exclude(status=Agreement.Status.DRAFT)
        data = request.POST if request.method == "POST" else None
        form = AgreeForm(data, agreements=agreements)
        if data is not None and form.is_valid() and (visit := _agree(request, form)):
            messages.success(request, "Agreed. Name who goes and who is to be seen, then schedule it.")
            return HttpResponseRedirect(visit_page.url(visit))
        return page(
            request, "admin/exchanges/visit_add.html", "Agree a visit", {"form": form},
            status=400 if form.errors else 200,
        )  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return visit_page.show(request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"exchanges_{name}")

        return [
            at("calendar/", my_calendar.my_calendar, "my_calendar"),
            at("<int:visit_id>/step/", visit_page.step, "visit_step"),
            at("<int:visit_id>/participants/", visit_page.participants, "visit_participants"),
            at("<int:visit_id>/find/<slug:part>/", visit_page.find, "visit_find"),
            at("<int:visit_id>/add/<slug:part>/", visit_page.add, "visit_add_people"),
            at("<int:visit_id>/remove/", visit_page.remove, "visit_remove"),
            at("<int:visit_id>/place/", visit_page.place, "visit_place"),
            at("<int:visit_id>/report/", visit_report.report, "visit_report"),
            at("<int:visit_id>/letters/", visit_report.letters, "visit_letters"),
            *super().get_urls(),
        ]


def _agree(request: HttpRequest, form: AgreeForm) -> Visit | None:
    told = form.cleaned_data
    ends = {told["visited_by"].pk, told["host"].pk}
    if not rights.organisations(staff_of(request), "exchanges.add_visit") & ends:
        form.add_error(None, "An officer of the visiting or of the hosting office agrees a visit.")
        return None
    try:
        return actions.agree_visit(
            told["agreement"],
            told["kind"],
            visited_by=told["visited_by"],
            host=told["host"],
            by=acting(request, "exchanges.add_visit", ends),
            now=timezone.now(),
        )
    except actions.NotPossible as why:
        form.add_error(None, str(why))
    except approvals.NotYours:
        form.add_error(None, "An officer of the visiting or of the hosting office agrees a visit.")
    return None
