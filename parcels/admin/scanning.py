"""Coming to a parcel by its label, and opening who its people are."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from parcels.admin.moves import parcel_url, require_parcel
from parcels.admin.opened import SCANNED, PurposeForm, open_for
from parcels.admin.reading import reader_of
from parcels.models import Parcel
from people.desk import require
from people.models import Role
from people.signin import fresh


def open_parcel(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Open the names of one parcel's people, for a stated purpose."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    parcel = require_parcel(request, parcel_id)
    require(reader_of(request).reads_names)
    form = PurposeForm(request.POST)
    if form.is_valid():
        fresh.require(request)
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
