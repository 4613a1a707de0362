"""Returns of displaced civilians: who is on them, what each side says, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Count as CountOf
from django.db.models import Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from exchanges import access, actions, lifecycle, sealed
from exchanges.admin import return_forms as told
from exchanges.admin.agreements import signed_by
from exchanges.admin.asking import tried
from exchanges.admin.fields import ChoiceFilter
from exchanges.admin.return_page import ACTS, Opened, history, keeps_back, shown, step, way
from exchanges.desk import Steps, acting
from exchanges.models import Agreement, Return, ReturnPerson
from exchanges.queries import claims_about, silences
from people import datakeys, rights
from people.actors import Actor
from people.desk import audit, page, require, staff_of
from people.signin import fresh

_WORDS: Final = {
    "information_passed": "Information was passed", "negotiating": "The sides negotiate",
    "agreed": "The sides agreed", "planned": "A day is planned", "travelling": "They set out",
    "returned": "They have returned", "fell_through": "It fell through",
}  # fmt: skip


class StatusFilter(ChoiceFilter):
    title, parameter_name, choices_of = "status", "status", Return.Status.choices


@admin.register(Return)
class ReturnAdmin(Steps):
    list_display = (
        "title", "status_shown", "from_side", "to_side", "named", "planned_on", "silent_since", "reference",
    )  # fmt: skip
    list_display_links = ("title",)
    change_list_template = "admin/exchanges/asked_list.html"
    list_filter = (StatusFilter,)
    search_fields = ("reference__exact",)
    search_help_text = "A reference, whole"
    ordering = ("-requested_on", "-pk")
    sortable_by = ("planned_on",)

    def mine(self, request: HttpRequest) -> Q:
        return access.concerned(rights.organisations(staff_of(request), "exchanges.view_return"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        with_us = Q(persons__status__in=(ReturnPerson.Status.WITH_GROUP, ReturnPerson.Status.RETURNED))
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                with_us=CountOf("persons", filter=with_us, distinct=True),
                wrapped=datakeys.wrapped_of(datakeys.Kind.RETURN),
                silence=Min("questions__asked_on", filter=Q(questions__reply=None)),
            )
        )
        return rows.select_related(
            "organisation", "from_organisation", "to_organisation", "intermediary", "responsible", "agreement"
        )

    @admin.display(description="called")
    def title(self, group: Return) -> str:
        return self._told(group, group.sealed_title, sealed.TITLE)

    def _told(self, group: Any, kept: bytes | memoryview, place: str) -> str:
        """Return words that the list of returns was asked for together with their key."""
        return sealed.opened(sealed.unwrapped(group.pk, group.wrapped), kept, place, group.pk)

    @admin.display(description="from")
    def from_side(self, group: Return) -> str:
        return str(group.from_organisation)

    @admin.display(description="to")
    def to_side(self, group: Return) -> str:
        return str(group.to_organisation)

    @admin.display(description="no reply recorded since")
    def silent_since(self, group: Any) -> date | None:
        silence: date | None = group.silence
        return silence

    @admin.display(description="persons named")
    def named(self, group: Any) -> int:
        return int(group.with_us)

    def steps(self, row: Return) -> list[tuple[str, str]]:
        return [(step, _WORDS[step]) for step in lifecycle.RETURN.steps.get(row.status, ())]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/do/<slug:what>/", view(self.do_view), name="exchanges_return_do"),
            path("<int:pk>/details/", view(self.details_view), name="exchanges_return_details"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._done(request, pk, "step", step)

    def do_view(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        if what == "look":
            return self._look(request, pk)
        if what not in ACTS:
            raise Http404
        return self._done(request, pk, what, ACTS[what].do)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        return self._page(request, self._opened(request, object_id))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        require(self.has_add_permission(request))
        form = told.ParticularsForm(request.POST or None, agreements=_agreements(request), made=False)
        if request.method == "POST" and form.is_valid():
            given = form.particulars()
            ends = {
                each.pk
                for each in (given.from_organisation, given.to_organisation, given.intermediary)
                if each
            }
            if not ends & rights.organisations(staff_of(request), "exchanges.add_return"):
                form.add_error(None, "Your own office is one of the organisations on it.")
            elif group := tried(form, lambda now: actions.make_return(
                given, form.cleaned_data["requested_on"],
                by=acting(request, "exchanges.add_return", ends), now=now,
            )):  # fmt: skip
                messages.success(request, "The return is recorded as requested. Now name who is on it.")
                return HttpResponseRedirect(reverse("admin:exchanges_return_change", args=[group.pk]))
        return _one_form(request, "A new return", form, reverse("admin:exchanges_return_changelist"))

    def details_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        opened = self._opened(request, str(pk))
        group, back = opened.group, reverse("admin:exchanges_return_change", args=[pk])
        initial = {
            "title": self.title(group), "region": self._told(group, group.sealed_region, sealed.REGION),
            "intermediary": group.intermediary_id, "responsible": group.responsible_id,
            "agreement": group.agreement_id,
        }  # fmt: skip
        form = told.ParticularsForm(
            request.POST or None, initial=initial, agreements=_agreements(request, group), made=True
        )
        if request.method == "POST" and form.is_valid() and tried(
            form, lambda now: actions.change_details(group, form.particulars(group), by=opened.by, now=now)
        ):  # fmt: skip
            messages.success(request, "Changed.")
            return HttpResponseRedirect(back)
        return _one_form(request, f"Return {group.reference}", form, back)

    def _opened(self, request: HttpRequest, object_id: str) -> Opened:
        require(self.has_view_permission(request))
        group = self.get_object(request, object_id)
        return Opened(group, acting(request, "exchanges.change_return", access.concerned_by(group)))

    def _done(
        self,
        request: HttpRequest,
        pk: int,
        what: str,
        do: Callable[[Return, Any, Actor, datetime], str],
    ) -> HttpResponse:
        """Do what the form tells; where something is missing, show the page with all that was typed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        opened = self._opened(request, str(pk))
        form = opened.form(what, request.POST)
        if form.is_valid() and (said := tried(form, lambda now: do(opened.group, form, opened.by, now))):
            messages.success(request, said)
            return HttpResponseRedirect(reverse("admin:exchanges_return_change", args=[pk]))
        return self._page(request, opened, {what: form})

    def _look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show where the persons are, and the wishes in their words, once: for a purpose, each recorded."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        opened = self._opened(request, str(pk))
        form = opened.form("look", request.POST)
        if not form.is_valid():
            return self._page(request, opened, {"look": form})
        fresh.require(request)
        people = [member.row.person_id for member in opened.members]
        audit(staff_of(request), "look_whereabouts", "person", people, purpose=form.cleaned_data["purpose"])
        return self._page(request, opened, looked=True)

    def _page(
        self,
        request: HttpRequest,
        opened: Opened,
        bound: Mapping[str, Any] | None = None,
        looked: bool = False,
    ) -> HttpResponse:
        group, bound = opened.group, bound or {}
        audit(staff_of(request), "open_return", "return", [group.pk])
        last = group.steps.filter(member=None).order_by("-pk").first()
        steps = self.steps(group)
        context = {
            "group": group,
            "name": self.title(group),
            "region": self._told(group, group.sealed_region, sealed.REGION),
            "badge": self.status_shown(group),
            "since": last.happened_on if last else None,
            "way": way(group),
            "steps": steps,
            "step_form": bound.get("step") or opened.form("step"),
            "waiting_for": [member for member in opened.members if keeps_back(member)],
            "asks_for_wishes": Return.Status.TRAVELLING in dict(steps),
            "rows": shown(opened, looked),
            "looked": looked,
            "look_form": bound.get("look") or opened.form("look"),
            "timeline": claims_about(group, for_=opened.by),
            "silences": silences(group),
            "acts": [
                (name, ACTS[name].label, bound.get(name) or opened.form(name)) for name in opened.offered()
            ],
            "history": history(opened),
        }
        wrong = [name for name, form in bound.items() if form.errors]
        context["wrong"] = [(name, ACTS[name].label) for name in wrong if name in ACTS]
        title = f"Return {group.reference}"
        return page(request, "admin/exchanges/return.html", title, context, status=400 if wrong else 200)


def _one_form(request: HttpRequest, title: str, form: Any, back: str) -> HttpResponse:
    context = {"form": form, "back": back}
    return page(request, "admin/exchanges/tell.html", title, context, status=400 if form.errors else 200)


def _agreements(request: HttpRequest, group: Return | None = None) -> QuerySet[Agreement]:
    mine = signed_by(rights.organisations(staff_of(request), "exchanges.view_agreement"))
    kept = Q(pk=group.agreement_id) if group and group.agreement_id else Q(pk=None)
    return Agreement.objects.filter(mine | kept).order_by("title_en")
