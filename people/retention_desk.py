"""How long each category is kept here, and what every purge took: for officers and auditors."""

from __future__ import annotations

from datetime import date
from typing import Any, NoReturn

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from people import approvals, retention_periods, rights
from people.actors import Actor
from people.desk import ReadOnlyDesk, page, require, staff_of
from people.models import PurgeRun, RetentionPeriod
from people.retention import RULES, TooShort
from people.signin import fresh


class PeriodForm(forms.Form):
    rule = forms.ChoiceField(label="What", choices=[(name, rule.what) for name, rule in RULES.items()])
    days = forms.IntegerField(label="Days", min_value=0, max_value=36_500)
    review_on = forms.DateField(label="Look at it again on", widget=forms.DateInput(attrs={"type": "date"}))


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(ReadOnlyDesk):
    """One page: the rules as they stand, and a form by which an officer proposes other days."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        require(self.has_view_permission(request))
        officer = _officer(request)
        form = PeriodForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            require(officer is not None)
            if form.is_valid() and officer and _proposed(request, form, officer):
                return HttpResponseRedirect(reverse("admin:people_retentionperiod_changelist"))
        context = {
            "periods": retention_periods.periods(),
            "today": timezone.localdate(),
            "form": form,
            "may_propose": officer is not None,
        }
        status = 400 if form.errors else 200
        return page(
            request, "admin/people/retention.html", "How long things are kept", context, status=status
        )

    def change_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404

    def history_view(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404


def _officer(request: HttpRequest) -> Actor | None:
    offices = sorted(rights.organisations(staff_of(request), "people.change_retentionperiod"))
    if not offices:
        return None
    return fresh.actor_of(request, offices[0])


def _proposed(request: HttpRequest, form: PeriodForm, by: Actor) -> bool:
    told = form.cleaned_data
    review_on: date = told["review_on"]
    try:
        retention_periods.propose(told["rule"], told["days"], review_on, by=by, now=timezone.now())
    except TooShort as why:
        form.add_error("days", str(why))
    except ValueError as why:
        form.add_error("review_on", str(why))
    except approvals.NotOpen:
        form.add_error(None, "Other days for this wait for a second officer already.")
    else:
        messages.success(request, "Proposed. Another officer confirms it.")
        return True
    return False


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnlyDesk):
    list_display = ("started_at", "night", "dry_run", "finished_at", "gone")
    ordering = ("-pk",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("counts")

    @admin.display(description="gone")
    def gone(self, run: PurgeRun) -> int:
        return sum(count.purged for count in run.counts.all())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        run: PurgeRun = self.get_object(request, object_id)
        rows = [(count, RULES.get(count.rule)) for count in run.counts.order_by("pk")]
        return page(request, "admin/people/purge.html", str(run).capitalize(), {"run": run, "rows": rows})
