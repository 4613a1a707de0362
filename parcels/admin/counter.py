"""The registrar's counter: declaring a parcel, what the rules say of it, and its family's slip."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from exchanges.models import Round
from parcels import bell, slips
from parcels.access import Relation
from parcels.actions import Declared, Refused, declare
from parcels.admin import advice, words
from parcels.admin.counter_form import CounterForm, new_token
from parcels.admin.moves import counter_url, parcel_url, require_parcel
from parcels.admin.parcel_page import keys_of, rows
from parcels.admin.reading import Reader, reader_of
from parcels.assessment import item_of
from parcels.lifecycle import Status
from parcels.models import Parcel
from people.desk import page, require
from people.signin import fresh


def may_declare(reader: Reader) -> bool:
    """Whether they register, and a round of theirs collects."""
    return reader.may("parcels.add_parcel") and bool(_collecting(reader))


def _collecting(reader: Reader) -> list[Round]:
    ours = (reader.rounds[pk] for pk in reader.as_relation(Relation.SENDING))
    return [each for each in ours if each.status == Round.Status.COLLECTING]


def declare_view(request: HttpRequest) -> HttpResponse:
    """Ask for a declaration, say what the rules say of it, or register it. Nothing typed is lost."""
    reader, now = reader_of(request), timezone.now()
    require(reader.may("parcels.add_parcel"))
    rounds = _collecting(reader)
    if request.method != "POST":
        return _show(request, CounterForm(rounds=rounds, now=now))
    checking = "check" in request.POST
    form = CounterForm(request.POST, rounds=rounds, now=now, checking=checking)
    if not form.is_valid():
        return _show(request, form)
    if checking:
        return _show(request, form, _advice(form))
    try:
        made = declare(
            form.declaration(),
            round_=form.chosen_round,
            by=reader.actor,
            now=now,
            gross_mass_g=form.gross_mass_g,
            place=form.cleaned_data["accepted_place"],
        )
    except Refused as refused:
        form.add_error(None, words.why(refused.problem, refused.detail))
        return _show(request, form)
    return _after(request, form, made)


def _advice(form: CounterForm) -> advice.Advice:
    items = [item_of(line, number) for number, line in form.lines().items()]
    return advice.advise(items, form.chosen_round.terms, mass_g=form.mass_g())


def _show(request: HttpRequest, form: CounterForm, said: advice.Advice | None = None) -> HttpResponse:
    first, more = form.goods(said.by_line if said else {})
    is_open = any(field.value() or field.errors for line in more for field in line.fields)
    context = {"form": form, "advice": said, "first": first, "more": more, "more_open": is_open}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return page(request, "admin/parcels/counter.html", "Declare a parcel", context, status=status)


def _after(request: HttpRequest, form: CounterForm, made: Declared) -> HttpResponse:
    if made.registered.problem:
        return _ask_whether_another(request, form)
    if made.taken_in:
        bell.ring_after([made.taken_in])
    parcel = Parcel.objects.get(number=made.registered.number)
    if made.registered.result == "created":
        messages.success(request, f"Registered: {parcel.number}.")
    else:
        messages.info(request, f"This was registered already: {parcel.number}.")
    return HttpResponseRedirect(counter_url(parcel))


def _ask_whether_another(request: HttpRequest, form: CounterForm) -> HttpResponse:
    """The form was sent before with other words: it may be gone back to, to declare one more."""
    earlier = Parcel.objects.get(
        organisation=reader_of(request).organisation, external_id=form.declaration().external_id
    )
    anew = request.POST.copy()
    anew["once"] = new_token()
    again = CounterForm(anew, rounds=form.rounds.values(), now=timezone.now())
    again.full_clean()
    again.add_error(
        None,
        f"From this form {earlier.number} was registered, with other words. If this is another parcel,"
        " register it now; what was declared before is not changed here.",
    )
    return _show(request, again)


def at_counter(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Show one parcel as its sender may look on: no people, and no status that could tell of them."""
    parcel = _ours(request, parcel_id)
    items = [line for line in parcel.lines.order_by("number") if line.quantity > line.removed]
    mass_g = parcel.gross_mass_g or parcel.declared_mass_g
    said = advice.advise(advice.of_lines(items), parcel.round.terms, mass_g=mass_g)
    context: dict[str, Any] = {
        "parcel": parcel,
        "advice": said,
        "rows": [
            row._replace(findings=said.by_line.get(row.line.number, ()))
            for row in rows(parcel, keys_of(parcel), ())
        ],
        "is_in": parcel.gross_mass_g is not None,
        # What no liaison has released is no news here either.
        "waits": parcel.status == Status.REGISTERED or parcel.held_from is not None,
        "printable": slips.printable(reader_of(request).actor).filter(pk=parcel.pk).exists(),
    }
    return page(request, "admin/parcels/at_counter.html", f"At the counter: {parcel.number}", context)


def print_slip(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Answer with the slip of this parcel. It is asked for by POST: each print is recorded."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    parcel = _ours(request, parcel_id)
    fresh.require(request)
    try:
        pdf = slips.print_one(parcel.number, by=reader_of(request).actor, now=timezone.now())
    except slips.NothingToPrint:
        messages.error(request, "Its slip is given again by two officers only: they propose a new code.")
        return HttpResponseRedirect(parcel_url(parcel))
    shown = {"Content-Disposition": f'inline; filename="slip-{parcel.number}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=shown)


def _ours(request: HttpRequest, parcel_id: int) -> Parcel:
    """:raises PermissionDenied: unless they register for the office that sends it"""
    parcel, reader = require_parcel(request, parcel_id), reader_of(request)
    require(reader.may("parcels.add_parcel") and reader.relation(parcel.round_id) is Relation.SENDING)
    return parcel
