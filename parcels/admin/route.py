"""A consignment's route on its page: told by who dispatches it, looked up for a purpose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from parcels import routes
from parcels.actions import Refused
from parcels.admin import words
from parcels.admin.reading import reader_of
from parcels.models import Consignment


class RouteForm(forms.Form):
    carrier = forms.CharField(max_length=routes.MOST_LETTERS, required=False)
    way = forms.CharField(max_length=routes.MOST_LETTERS, required=False, help_text="By which places, when.")
    intermediary = forms.CharField(
        max_length=routes.MOST_LETTERS, required=False, help_text="Where it is not the round's own."
    )
    handed_over_at = forms.CharField(
        label="Place of hand-over", max_length=routes.MOST_LETTERS, required=False
    )


class LookForm(forms.Form):
    purpose = forms.ChoiceField(label="What for", choices=[("", "—"), *routes.PURPOSES])


def context(request: HttpRequest, consignment: Consignment, told: dict[str, Any]) -> dict[str, Any]:
    by, shown = reader_of(request).actor, told.get("shown")
    return {
        # Only who looks it up finds what was told before in its fields.
        "route_form": told.get("tell") or RouteForm(initial=shown._asdict() if shown else None),
        "route_look": told.get("look") or LookForm(),
        "route": shown,
        "route_was_looked_up": "shown" in told,
        "route_is_told": consignment.sealed_route is not None,
        "may_tell_route": routes.may_tell(consignment, by) and consignment.status != "handed_over",
        "may_look_at_route": routes.may_look(consignment, by),
    }


def tell(request: HttpRequest, consignment: Consignment, back: str) -> HttpResponse | dict[str, Any]:
    """Return where to go on, or what the page shows of a form that was not taken."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = RouteForm(request.POST)
    if not form.is_valid():
        return {"tell": form}
    try:
        route = routes.Route(**form.cleaned_data)
        routes.tell(consignment, route, by=reader_of(request).actor, now=timezone.now())
    except Refused as refused:
        form.add_error(None, words.why(refused.problem, refused.detail))
        return {"tell": form}
    messages.success(request, "The route is written down, sealed.")
    return HttpResponseRedirect(back)


def look(request: HttpRequest, consignment: Consignment) -> HttpResponse | dict[str, Any]:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = LookForm(request.POST)
    if not form.is_valid():
        return {"look": form}
    try:
        shown = routes.look(
            consignment, form.cleaned_data["purpose"], by=reader_of(request).actor, now=timezone.now()
        )
    except Refused as refused:
        form.add_error(None, words.why(refused.problem, refused.detail))
        return {"look": form}
    return {"look": form, "shown": shown}
