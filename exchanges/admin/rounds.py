"""Rounds, each in one direction."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from exchanges import actions, lifecycle
from exchanges.access import sees_intermediary
from exchanges.admin.agreements import signed_by
from exchanges.desk import Steps, acting
from exchanges.models import Agreement, Round, Terms
from exchanges.queries import of_organisations
from people import rights
from people.actors import Actor
from people.desk import staff_of
from people.models import Organisation


@admin.register(Round)
class RoundAdmin(Steps):
    list_display = ("reference", "status_shown", "sending", "holding", "opens_on", "closes_on")
    list_select_related = ("sending", "holding")
    fields = (
        "reference", "status_shown", "agreement", "terms", "sending", "holding", "neutral", "mirror",
        "target", "opens_on", "closes_on", "collection_point", "open_to_public",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("status_shown",)
    ordering = ("-opens_on", "-pk")
    sortable_by = ("opens_on", "closes_on")

    def mine(self, request: HttpRequest) -> Q:
        return of_organisations(rights.organisations(staff_of(request), "exchanges.view_round"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who stands between is for those who need it: officers, dispatchers, and the other ends."""
        if obj is None or self.has_change_permission(request, obj) or _sees_intermediary(request, obj):
            return self.fields
        return tuple(name for name in self.fields if name != "neutral")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose round it is, and its terms, stand once it exists: new terms come by their own act."""
        if obj is None:
            return self.readonly_fields
        return (*self.readonly_fields, "reference", "agreement", "terms", "sending", "holding", "neutral")

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
            obj.sealed_key = actions.new_round_key()
        super().save_model(request, obj, form, change)

    def steps(self, row: Round) -> list[tuple[str, str]]:
        return [
            (step, Round.Status(step).label.capitalize())
            for step in lifecycle.ROUND.steps.get(row.status, ())
        ]

    def take(self, request: HttpRequest, row: Round, step: str) -> str:
        among = {end for end in (row.sending_id, row.holding_id, row.neutral_id) if end is not None}
        row = actions.change_round(row, step, by=acting(request, "exchanges.change_round", among))
        return f"The round is now {row.get_status_display().lower()}."


def _sees_intermediary(request: HttpRequest, round_: Round) -> bool:
    staff = staff_of(request)
    mine = rights.organisations(staff, "exchanges.view_round")
    return any(
        sees_intermediary(Actor("staff", end, rights.roles_in(staff, end)), round_)
        for end in mine & {round_.sending_id, round_.holding_id, round_.neutral_id}
    )


class RoundForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        terms, agreement = told.get("terms"), told.get("agreement")
        if terms and agreement and terms.agreement_id != agreement.pk:
            self.add_error("terms", "These are another agreement's terms.")
        return told
