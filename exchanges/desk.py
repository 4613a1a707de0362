"""Pages whose status changes only by buttons, each a step of a table."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges import actions
from people import approvals, rights
from people.actors import Actor
from people.desk import Desk, require, staff_of
from people.signin import fresh

_TONES = {
    "draft": "closed", "signed": "home", "in_force": "done", "suspended": "look", "expired": "closed",
    "terminated": "closed", "superseded": "closed", "proposed": "closed", "agreed": "home",
    "lists_exchanged": "home", "collecting": "done", "closed": "ready", "handed_over": "way",
    "reported": "done", "postponed": "look", "cancelled": "closed", "scheduled": "ready", "held": "way",
    "verified": "ready", "under_way": "way", "completed": "done", "planned": "home", "finished": "done",
    "fell_through": "look", "listed": "home", "disputed": "look", "exchanged": "done", "removed": "closed",
    "requested": "closed", "information_passed": "home", "negotiating": "home", "travelling": "way",
    "returned": "done", "with_group": "home", "set_aside": "closed", "supported": "done",
    "unresolved": "home", "corrected": "closed", "withdrawn": "closed",
}  # fmt: skip


def badge(row: Any) -> SafeString:
    """Return the badge of how a row stands, in its own words."""
    return toned(row.status, row.get_status_display().lower())


def toned(status: str, label: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', _TONES[status], label)


def standing(claim: Any) -> SafeString:
    """Return the badge of a claim: what is only reported is not shown as done."""
    tone = "home" if claim.status == "reported" else _TONES[claim.status]
    return format_html('<span class="badge {}">{}</span>', tone, claim.get_status_display().lower())


def acting(request: HttpRequest, perm: str, among: set[int]) -> Actor:
    """Return who they are among these organisations.

    :raises PermissionDenied: if they hold no such right in any of them
    """
    mine = rights.organisations(staff_of(request), perm) & among
    require(bool(mine))
    return fresh.actor_of(request, min(mine))


class Steps(Desk):
    """A page whose status changes only by buttons, each a step of its table."""

    readonly_fields: ClassVar[tuple[str, ...]] = ("status_shown",)
    change_form_template = "admin/exchanges/steps.html"

    @admin.display(description="status")
    def status_shown(self, row: Any) -> SafeString:
        return badge(row) if row.pk else toned("proposed", "new")

    def steps(self, row: Any) -> list[tuple[str, str]]:
        """Return (step, what its button says)."""
        raise NotImplementedError

    def step_links(self, row: Any) -> list[tuple[str, str]]:
        """Return (address, what its button says) of steps on which more is to tell than that."""
        return []

    def take(self, request: HttpRequest, row: Any, step: str) -> str:
        """Take the step and return what to tell; the page's own table says which there are."""
        raise NotImplementedError

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        may = row is not None and self.has_change_permission(request)
        shown = {
            "steps": self.steps(row) if may else [],
            "step_links": self.step_links(row) if may else [],
            "step_of": row,
        }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        return [
            path("<int:pk>/step/", self.admin_site.admin_view(self.step_view), name=name),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        require(self.has_change_permission(request))
        row, step = self.get_object(request, str(pk)), request.POST.get("step", "")
        back = row
        try:
            told = self.take(request, row, step)
            messages.success(request, told)
        except actions.NotPossible as why:
            messages.error(request, str(why))
        except approvals.NotYours:
            messages.error(request, "This is for an officer of one of the parties.")
        except approvals.NotOpen:
            messages.info(request, "This is proposed already and waits for a second officer.")
        return HttpResponseRedirect(self.after(back))

    def after(self, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
