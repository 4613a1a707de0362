"""Agreements and their versioned terms, with rules and stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges import actions, lifecycle
from exchanges.desk import Steps, acting, badge
from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from exchanges.queries import of_organisations
from people import rights
from people.desk import Desk, Inline, LongInline, staff_of

_AGREEMENT_WORDS = {
    "signed": "Signed", "in_force": "Put in force", "suspended": "Suspend", "terminated": "Terminate",
}  # fmt: skip


class TermsInline(Inline):
    model = Terms
    fields = ("version_shown", "status_shown", "in_force_at", "mass_max_g", "touches")
    readonly_fields = fields
    ordering = ("-version",)
    verbose_name_plural = "versions of the terms"

    @admin.display(description="version")
    def version_shown(self, terms: Terms) -> SafeString:
        url = reverse("admin:exchanges_terms_change", args=[terms.pk])
        return format_html('<a href="{}">version {}</a>', url, terms.version)

    @admin.display(description="status")
    def status_shown(self, terms: Terms) -> SafeString:
        return badge(terms)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Agreement)
class AgreementAdmin(Steps):
    list_display = ("title_en", "status_shown", "valid_from", "valid_until")
    list_display_links = ("title_en",)
    fields = (
        "status_shown", "title_en", "title_ru", "title_uk", "signatories", "succeeds", "signed_on",
        "valid_from", "valid_until", "grace_days", "ended",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("status_shown", "ended")
    change_form_template = "admin/exchanges/agreement.html"
    inlines = (TermsInline,)
    ordering = ("-valid_from", "-pk")
    sortable_by = ("valid_from",)

    def mine(self, request: HttpRequest) -> Q:
        return signed_by(rights.organisations(staff_of(request), "exchanges.view_agreement"))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **kwargs, widget=forms.CheckboxSelectMultiple
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was signed stands; until when it holds may still be told, as long as it has not ended."""
        if obj is None or obj.status == Agreement.Status.DRAFT:
            return self.readonly_fields
        told = () if obj.ended_on else ("signed_on", "valid_until")
        return tuple(name for name in self.fields if name not in told)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        ended = obj is not None and obj.ended_on is not None
        return self.fields if ended else tuple(name for name in self.fields if name != "ended")

    @admin.display(description="ended")
    def ended(self, agreement: Agreement) -> str:
        """Say until when its parcels wait, and for which successor."""
        assert agreement.ended_on is not None  # noqa: S101  shown of those only
        grace_over = date_format(agreement.ended_on + timedelta(days=agreement.grace_days), "j M Y")
        successor = agreement.successors.filter(status=Agreement.Status.IN_FORCE).first()
        waits = f"its rounds go on under {successor}" if successor else f"parcels wait until {grace_over}"
        return f"{date_format(agreement.ended_on, 'j M Y')}; {waits}"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "succeeds":
            known = Agreement.objects.filter(self.mine(request)).order_by("-valid_from")
            match = request.resolver_match
            itself = str(match.kwargs.get("object_id", "")) if match else ""
            kwargs["queryset"] = known.exclude(pk=int(itself)) if itself.isdecimal() else known
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def steps(self, row: Agreement) -> list[tuple[str, str]]:
        steps = [
            (step, "Resume" if (row.status, step) == ("suspended", "in_force") else _AGREEMENT_WORDS[step])
            for step in lifecycle.AGREEMENT.steps.get(row.status, ())
            if step != Agreement.Status.EXPIRED  # by itself, after its last day
        ]
        return steps if row.terms.exists() else [*steps, ("draft_terms", "Draft its first terms")]

    def take(self, request: HttpRequest, row: Agreement, step: str) -> str:
        among = set(row.signatories.values_list("pk", flat=True))
        by = acting(request, "exchanges.change_agreement", among)
        if step == "draft_terms":
            actions.first_terms(row)
            return "The first terms are drafted: change them, then propose to put them in force."
        row = actions.change_agreement(row, step, by=by, now=timezone.now())
        return f"The agreement is now {row.get_status_display().lower()}."

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who makes an agreement signs it, else they would not find it again."""
        super().save_related(request, form, formsets, change)
        mine = rights.organisations(staff_of(request), "exchanges.change_agreement")
        if not form.instance.signatories.filter(pk__in=mine).exists():
            form.instance.signatories.add(min(mine))


def signed_by(organisations: frozenset[int]) -> Q:
    """Return the condition that one of them signed, or carries out a round under it (the neutral agency)."""
    signed = Agreement.objects.filter(signatories__in=organisations)
    rounds = Round.objects.filter(of_organisations(organisations))
    return Q(pk__in=signed.values("pk")) | Q(pk__in=rounds.values("agreement"))


class RuleInline(LongInline):
    model = ContentRule
    fieldsets = (
        (None, {"fields": (("category", "verdict", "max_count", "max_mass_g", "reason_code", "basis"),)}),
        (
            "Names, and reasons in words",
            {
                "classes": ("collapse",),
                "fields": (
                    "name_en", "name_ru", "name_uk", "internal_reason", "family_reason_en",
                    "family_reason_ru", "family_reason_uk",
                ),
            },
        ),
    )  # fmt: skip
    ordering = ("category",)


class StayInline(Inline):
    model = Stay
    fields = ("status", "usual_low_days", "usual_high_days", "longest_days")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The head of a column labels no field for who does not see it."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = str(db_field.verbose_name)
        return field


@admin.register(Terms)
class TermsAdmin(Steps):
    list_display = ("version_shown", "status_shown", "in_force_at", "mass_min_g", "mass_max_g")
    list_select_related = ("agreement",)
    fields = (
        "agreement_shown", "version", "status_shown", "in_force_at", "touches", "mass_min_g", "mass_max_g",
        "quota_per_prisoner", "second_look_share", "public_delay_days", "refused_home_after_days",
        "books_apart",
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("agreement_shown", "version", "status_shown", "in_force_at")
    change_form_template = "admin/exchanges/terms.html"
    inlines = (RuleInline, StayInline)
    ordering = ("agreement", "-version")
    sortable_by = ()

    def mine(self, request: HttpRequest) -> Q:
        agreements = Agreement.objects.filter(
            signed_by(rights.organisations(staff_of(request), "exchanges.view_terms"))
        )
        return Q(agreement__in=agreements.values("pk"))

    @admin.display(description="version")
    def version_shown(self, terms: Terms) -> str:
        return str(terms)

    @admin.display(description="agreement")
    def agreement_shown(self, terms: Terms) -> SafeString:
        url = reverse("admin:exchanges_agreement_change", args=[terms.agreement_id])
        return format_html('<a href="{}">{}</a>', url, terms.agreement)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A version comes from an agreement, or from the version before it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version in force stands; the database says so too."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.status == Terms.Status.DRAFT
        )

    def steps(self, row: Terms) -> list[tuple[str, str]]:
        if row.status == Terms.Status.DRAFT:
            return [("propose", "Propose to put it in force")]
        return [("next", "Make a new version from this one")]

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        # The buttons are for officers even where the version itself does not change any more.
        row = self.get_object(request, object_id) if object_id else None
        may = super().has_change_permission(request)
        steps = self.steps(row) if row and may else []
        return Desk.changeform_view(self, request, object_id, form_url, {"steps": steps, "step_of": row})

    def take(self, request: HttpRequest, row: Terms, step: str) -> str:
        among = set(row.agreement.signatories.values_list("pk", flat=True))
        by = acting(request, "exchanges.change_terms", among)
        if step == "propose":
            actions.propose_terms(row, by=by, now=timezone.now())
            return "Proposed. Another officer puts it in force."
        if step != "next":
            raise Http404
        draft = actions.next_version(row)
        return f"Version {draft.version} is drafted; change it, then propose to put it in force."

    def after(self, row: Terms) -> str:
        newest = row.agreement.terms.order_by("-version").first() or row
        return reverse("admin:exchanges_terms_change", args=[newest.pk])
