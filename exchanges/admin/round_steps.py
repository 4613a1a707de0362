"""Steps of a round on which more is to tell: why it is postponed or cancelled, and when it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges import actions, lifecycle
from exchanges.models import Round, RoundChange
from people import approvals
from people.actors import Actor
from people.desk import page

_DATE = forms.DateInput(attrs={"type": "date"})


class CancelForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=[("", "—"), *RoundChange.Reason.choices])
    document = forms.CharField(
        label="Paper it stands on", max_length=120, required=False, help_text="A reference, no names."
    )


class ResumeForm(forms.Form):
    on = forms.DateField(label="Goes on on", widget=_DATE)
    closes_on = forms.DateField(label="New last day", widget=_DATE)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("on") and told.get("closes_on") and told["closes_on"] < told["on"]:
            self.add_error("closes_on", "This is before the day on which it goes on.")
        return told


class PostponeForm(CancelForm, ResumeForm):
    field_order = ("reason", "document", "on", "closes_on")


Take = Callable[[Round, dict[str, Any], Actor], str]


def _postpone(round_: Round, told: dict[str, Any], by: Actor) -> str:
    actions.postpone_round(
        round_,
        told["reason"],
        until=told["on"],
        closes_on=told["closes_on"],
        document=told["document"],
        by=by,
        now=timezone.now(),
    )
    return "The round is postponed."


def _resume(round_: Round, told: dict[str, Any], by: Actor) -> str:
    round_ = actions.resume_round(
        round_, on=told["on"], closes_on=told["closes_on"], by=by, now=timezone.now()
    )
    return f"The round goes on: it is now {round_.get_status_display().lower()}."


def _cancel(round_: Round, told: dict[str, Any], by: Actor) -> str:
    actions.cancel_round(round_, told["reason"], document=told["document"], by=by, now=timezone.now())
    return "The round is cancelled."


PAGES: dict[str, tuple[str, type[forms.Form], Take]] = {
    "postpone": ("Postpone", PostponeForm, _postpone),
    "resume": ("Resume", ResumeForm, _resume),
    "cancel": ("Cancel", CancelForm, _cancel),
}


def links(round_: Round) -> list[tuple[str, str]]:
    """Return (address, words) of those that are possible now."""
    return [
        (reverse("admin:exchanges_round_tell", args=[round_.pk, name]), _label(round_, name))
        for name in PAGES
        if _is_possible(round_, name)
    ]


def _label(round_: Round, name: str) -> str:
    again = name == "postpone" and round_.status == Round.Status.POSTPONED
    return "Put off further" if again else PAGES[name][0]


def _is_possible(round_: Round, name: str) -> bool:
    if name == "cancel":
        return lifecycle.ROUND.allows(round_.status, Round.Status.CANCELLED)
    if round_.status == Round.Status.POSTPONED:
        return True
    return name == "postpone" and lifecycle.ROUND.allows(round_.status, Round.Status.POSTPONED)


def tell(request: HttpRequest, round_: Round, name: str, by: Actor) -> tuple[str | None, HttpResponse]:
    """Ask for what is to tell, and take the step; return what to say of it, and the answer.

    :raises Http404: where there is no such step of this round now
    """
    if name not in PAGES or (request.method != "POST" and not _is_possible(round_, name)):
        raise Http404
    _, form_class, take = PAGES[name]
    posted = request.POST if request.method == "POST" else None
    form = form_class(posted, initial={"on": round_.postponed_until, "closes_on": round_.closes_on})
    if posted is not None and form.is_valid():
        try:
            said = take(round_, form.cleaned_data, by)
        except actions.NotPossible as why:
            form.add_error(None, str(why))
        except approvals.NotYours:
            raise PermissionDenied from None
        else:
            return said, HttpResponseRedirect(reverse("admin:exchanges_round_change", args=[round_.pk]))
    context = {"form": form, "round": round_, "label": _label(round_, name)}
    title = f"{_label(round_, name)}: round {round_}"
    return None, page(
        request, "admin/exchanges/round_tell.html", title, context, status=400 if form.errors else 200
    )
