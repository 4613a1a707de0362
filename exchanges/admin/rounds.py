"""Rounds, each in one direction."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from exchanges import actions, lifecycle
from exchanges.access import sees_intermediary
from exchanges.admin import round_steps
from exchanges.admin.agreements import signed_by
from exchanges.admin.calendar import calendar
from exchanges.desk import Steps, acting
from exchanges.models import Agreement, Round, Terms
from exchanges.queries import is_to_close, of_organisations
from people import bulk, rights
from people.actors import Actor
from people.desk import require, staff_of
from people.models import Organisation

_PLANNED = ("mirror", "target", "opens_on", "closes_on", "collection_point", "open_to_public")
# What may still be told of a round that is there, by its status.
_MAY_CHANGE: Final = {
    Round.Status.PROPOSED: _PLANNED,
    Round.Status.AGREED: _PLANNED,
    Round.Status.LISTS_EXCHANGED: _PLANNED,
    Round.Status.POSTPONED: ("mirror", "target", "collection_point", "open_to_public"),
    Round.Status.COLLECTING: ("mirror", "target", "closes_on", "collection_point", "open_to_public"),
    Round.Status.CLOSED: ("mirror",),
    Round.Status.HANDED_OVER: ("mirror",),
}


class ToCloseFilter(admin.SimpleListFilter):
    title, parameter_name = "last day over", "to_close"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "overdue to close")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(is_to_close(timezone.localdate())) if self.value() == "yes" else queryset


@admin.register(Round)
class RoundAdmin(Steps):
    list_display = ("reference", "status_shown", "sending", "holding", "opens_on", "closes_on", "late")
    list_select_related = ("sending", "holding")
    list_filter = (ToCloseFilter,)
    change_form_template = "admin/exchanges/round.html"
    fields = (
        "reference", "status_shown", "agreement", "terms", "sending", "holding", "neutral", "mirror",
        "target", "opens_on", "closes_on", "postponed_until", "collection_point", "open_to_public",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("status_shown", "postponed_until")
    ordering = ("-opens_on", "-pk")
    sortable_by = ("opens_on", "closes_on")

    def mine(self, request: HttpRequest) -> Q:
        return of_organisations(rights.organisations(staff_of(request), "exchanges.view_round"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who stands between is for those who need it: officers, dispatchers, and the other ends."""
        hidden = set()
        if obj is None or obj.postponed_until is None:
            hidden.add("postponed_until")
        if not (obj is None or self.has_change_permission(request, obj) or _sees_intermediary(request, obj)):
            hidden.add("neutral")
        return tuple(name for name in self.fields if name not in hidden)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose round it is, and its terms, stand once it exists: new terms come by their own act.

        What is over does not change any more, and the dates of a round that waits change as it resumes.
        """
        if obj is None:
            return self.readonly_fields
        return tuple(name for name in self.fields if name not in _MAY_CHANGE.get(obj.status, ()))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        organisations = rights.organisations(staff_of(request), "exchanges.add_round")
        agreements = Agreement.objects.filter(signed_by(organisations))
        narrowed: dict[str, Any] = {
            "agreement": agreements,
            "terms": Terms.objects.filter(agreement__in=agreements).select_related("agreement"),
            "sending": Organisation.objects.exclude(party=None),
            "holding": Organisation.objects.exclude(party=None),
            "neutral": Organisation.objects.filter(party=None),
            "mirror": Round.objects.filter(of_organisations(organisations)),
        }
        if db_field.name in narrowed:
            kwargs["queryset"] = narrowed[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{"form": RoundForm, **kwargs})

    def save_model(self, request: HttpRequest, obj: Round, form: Any, change: bool) -> None:
        if not change:
            obj.pk = bulk.new_id(Round)
            obj.sealed_key = actions.new_round_key(obj.pk)
        super().save_model(request, obj, form, change)

    @admin.display(description="overdue")
    def late(self, row: Round) -> SafeString:
        is_late = row.status == Round.Status.COLLECTING and row.closes_on < timezone.localdate()
        return SafeString('<span class="badge hard">overdue to close</span>' if is_late else "")

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        context = dict(extra_context or {})
        if row:
            context["changes"] = row.changes.select_related("organisation").order_by("-pk")
            context["to_close"] = self.late(row)
        return super().changeform_view(request, object_id, form_url, context)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("calendar/", self.admin_site.admin_view(calendar), name="exchanges_calendar"),
            path(
                "<int:pk>/tell/<slug:name>/",
                self.admin_site.admin_view(self.tell_view),
                name="exchanges_round_tell",
            ),
            *super().get_urls(),
        ]

    def tell_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        require(self.has_change_permission(request))
        row = self.get_object(request, str(pk))
        said, answer = round_steps.tell(
            request, row, name, acting(request, "exchanges.change_round", _ends(row))
        )
        if said:
            messages.success(request, said)
        return answer

    def steps(self, row: Round) -> list[tuple[str, str]]:
        if row.status == Round.Status.POSTPONED:
            return []
        return [
            (step, Round.Status(step).label.capitalize())
            for step in lifecycle.ROUND.steps.get(row.status, ())
            if step not in (Round.Status.POSTPONED, Round.Status.CANCELLED)
        ]

    def step_links(self, row: Round) -> list[tuple[str, str]]:
        return round_steps.links(row)

    def take(self, request: HttpRequest, row: Round, step: str) -> str:
        row = actions.change_round(row, step, by=acting(request, "exchanges.change_round", _ends(row)))
        return f"The round is now {row.get_status_display().lower()}."


def _ends(row: Round) -> set[int]:
    return {end for end in (row.sending_id, row.holding_id, row.neutral_id) if end is not None}


def _sees_intermediary(request: HttpRequest, round_: Round) -> bool:
    staff = staff_of(request)
    mine = rights.organisations(staff, "exchanges.view_round")
    return any(
        sees_intermediary(Actor("staff", end, rights.roles_in(staff, end)), round_)
        for end in mine & _ends(round_)
    )


class RoundForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        terms, agreement = told.get("terms"), told.get("agreement")
        if terms and agreement and terms.agreement_id != agreement.pk:
            self.add_error("terms", "These are another agreement's terms.")
        return told
