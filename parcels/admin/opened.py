"""Whom somebody opened in this session, and what for. Of everybody else their pages show initials.

It lapses after a quarter of an hour without a look. A parcel that was scanned is open to a registrar, for the
work at the counter asks for no other purpose; with the next scan it is closed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels.admin.moves import parcel_url, require_parcel
from parcels.admin.reading import reader_of
from parcels.models import Parcel
from people.desk import require
from people.models import Purpose, Role

LASTS: Final = timedelta(minutes=15)
SCANNED: Final = "scanned"
# The session's key: "person 12" or "parcel 12" to what for, and the second of the last look.
_KEPT: Final = "opened"
_PURPOSES: Final = tuple(
    (each.value, each.label.capitalize()) for each in Purpose if each is not Purpose.STATISTICS
)


class PurposeForm(forms.Form):
    purpose = forms.ChoiceField(
        label="What for",
        choices=(("", "—"), *_PURPOSES),
        error_messages={"required": "Say what for: it is recorded with your name."},
    )


def open_for(request: HttpRequest, what: str, pk: int, purpose: str) -> None:
    """Remember that one person, or one parcel's people, are open for this purpose."""
    kept = _live(request)
    if purpose == SCANNED:
        kept = {name: told for name, told in kept.items() if told[0] != SCANNED}
    request.session[_KEPT] = {**kept, f"{what} {pk}": [purpose, int(timezone.now().timestamp())]}


def purpose_of(request: HttpRequest, what: str, pk: int) -> str:
    """Return what it is open for, "scanned", or "" where it is not; a look keeps it open."""
    kept = _live(request)
    purpose = str(kept.get(f"{what} {pk}", ("",))[0])
    if purpose:
        open_for(request, what, pk, purpose)
    return purpose


def _live(request: HttpRequest) -> Mapping[str, list[Any]]:
    since = (timezone.now() - LASTS).timestamp()
    kept: dict[str, list[Any]] = request.session.get(_KEPT, {})
    return {name: told for name, told in kept.items() if told[1] > since}


def open_parcel(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Open the names of one parcel's people, for a stated purpose."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    parcel = require_parcel(request, parcel_id)
    require(reader_of(request).reads_names)
    form = PurposeForm(request.POST)
    if form.is_valid():
        open_for(request, "parcel", parcel.pk, form.cleaned_data["purpose"])
    else:
        messages.error(request, str(form.errors["purpose"][0]))
    return HttpResponseRedirect(f"{parcel_url(parcel)}#people")


def scan(request: HttpRequest) -> HttpResponse:
    """Go to the parcel whose label was scanned, or whose number was typed as a scanner types it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reader = reader_of(request)
    require(reader.may("parcels.view_parcel"))
    number = "".join(request.POST.get("number", "").split()).upper()
    parcel = Parcel.objects.filter(reader.theirs, number=number[:13]).first()
    if parcel is None:
        messages.error(request, "No parcel of yours has this number.")
        return HttpResponseRedirect(reverse("admin:index"))
    if Role.REGISTRAR in reader.roles:
        open_for(request, "parcel", parcel.pk, SCANNED)
    return HttpResponseRedirect(parcel_url(parcel))
