"""The page on which a move is told, for one parcel or many, and the page on what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from parcels import access, bell
from parcels.actions import Result
from parcels.admin import advice, moving, words
from parcels.admin.forms import MoveForm
from parcels.admin.parcel_page import description_of, keys_of
from parcels.admin.reading import Reader, reader_of
from parcels.lifecycle import MOVES, Kind
from parcels.models import Line, Parcel
from people.desk import page, require
from people.models import Organisation


def parcels_named(reader: Reader, numbers: Iterable[str]) -> list[Parcel]:
    """Return the reader's parcels with these numbers, in the order of registration."""
    rows = reader.parcels(timezone.now()).filter(number__in=list(numbers))
    rows = rows.select_related("round__sending", "round__neutral", "round__holding", "consignment")
    return [_as_seen(parcel) for parcel in rows.order_by("pk")]


def _as_seen(parcel: Any) -> Parcel:
    """Give it the status and marks they see, in memory: buttons must not tell what a page does not."""
    parcel.status, parcel.status_since = parcel.seen_status, parcel.seen_since
    parcel.frozen, parcel.flagged = parcel.marked and parcel.frozen, parcel.marked and parcel.flagged
    return cast(Parcel, parcel)


def parcel_url(parcel: Parcel) -> str:
    return reverse("admin:parcels_parcel_change", args=[parcel.pk])


def counter_url(parcel: Parcel) -> str:
    return reverse("admin:parcels_at_counter", args=[parcel.pk])


def move_view(request: HttpRequest, move: str) -> HttpResponse:
    """Ask for what the move needs, then make it. Nothing that was typed is lost when it is refused."""
    reader = reader_of(request)
    told = request.POST if request.method == "POST" else request.GET
    parcels = parcels_named(reader, told.getlist("parcel"))
    if move not in words.DO or not parcels:
        raise Http404
    if request.method != "POST" or "once" not in request.POST:
        return ask(request, move, parcels)
    form = MoveForm(
        request.POST,
        move=move,
        parcels=parcels,
        speakers=_may_speak_for(reader, move, parcels),
        opens=_opens(reader, parcels),
        checking="check" in request.POST,
    )
    if not form.is_valid() or form.checking:
        return _show(request, move, form, parcels)
    results = _make(reader, move, form, parcels)
    return (
        _after_one(request, form, parcels[0], results[0])
        if len(parcels) == 1
        else _report(request, move, results)
    )


def ask(request: HttpRequest, move: str, parcels: Sequence[Parcel]) -> HttpResponse:
    """Show the form for those parcels for which the move is possible now, and say which are left out."""
    reader = reader_of(request)
    speakers = {
        parcel.number: each.speakers
        for parcel in parcels
        for each in moving.possible(parcel, reader.actor)
        if each.name == move
    }
    may = [parcel for parcel in parcels if parcel.number in speakers]
    left_out = [parcel for parcel in parcels if parcel.number not in speakers]
    if not may and len(parcels) == 1:
        messages.error(request, f"{words.DO[move]}: not possible now, or not for your role.")
        return HttpResponseRedirect(parcel_url(parcels[0]))
    form = MoveForm(
        move=move,
        parcels=may,
        speakers=_common([speakers[each.number] for each in may]),
        opens=_opens(reader, may),
    )
    return _show(request, move, form, may, left_out)


def _opens(reader: Reader, parcels: Sequence[Parcel]) -> bool:
    return len(parcels) == 1 and access.sight(reader.actor, parcels[0]).contents


def _common(
    speakers: Sequence[tuple[Organisation | None, ...]],
) -> tuple[Organisation | None, ...]:
    if not speakers:
        return (None,)
    return tuple(each for each in speakers[0] if all(each in others for others in speakers))


def _may_speak_for(reader: Reader, move: str, parcels: Sequence[Parcel]) -> tuple[Organisation | None, ...]:
    """Return every name the form could have offered; whether it may stand is for `advance` to say."""
    round_ = parcels[0].round
    if move not in MOVES or MOVES[move].kind is not Kind.FACT or "liaison" not in reader.roles:
        return (None,)
    ends = (round_.sending, round_.neutral, round_.holding)
    return (None, *(end for end in ends if end is not None and end.pk != reader.organisation))


def _show(
    request: HttpRequest,
    move: str,
    form: MoveForm,
    parcels: Sequence[Parcel],
    left_out: Sequence[Parcel] = (),
) -> HttpResponse:
    label = words.DO[move]
    title = f"{label}: {parcels[0].number}" if len(parcels) == 1 else f"{label}: {len(parcels)} parcels"
    context: dict[str, Any] = {
        "form": form,
        "move": move,
        "label": label,
        "parcels": parcels,
        "left_out": [(parcel, words.badge(parcel.status)) for parcel in left_out],
        "one": parcels[0] if len(parcels) == 1 else None,
        "two": move in moving.PROPOSED,
        "advice": None,
    }
    if move == "accept" and form.opens:
        context["advice"] = advice.of_form(form)
    context["lines"] = _lines(form, context["advice"])
    status = 400 if form.errors else 200
    return page(request, "admin/parcels/move.html", title, context, status=status)


class LineRow(NamedTuple):
    """A line of which the form asks, in the words in which it was declared."""

    line: Line
    description: str
    fields: Sequence[BoundField]
    findings: Sequence[Mapping[str, Any]]


def _lines(form: MoveForm, said: advice.Advice | None) -> list[LineRow]:
    rows = list(form.line_rows())
    parcel, keys = form.parcels[0] if rows else None, keys_of(form.parcels[0]) if rows else {}
    return [
        LineRow(
            line,
            description_of(line, parcel, keys) if parcel else "",
            fields,
            said.by_line.get(line.number, ()) if said else (),
        )
        for line, fields in rows
    ]


def _make(reader: Reader, move: str, form: MoveForm, parcels: Sequence[Parcel]) -> list[Result]:
    now = timezone.now()
    results = moving.make(
        move,
        parcels,
        form.details,
        once=form.cleaned_data["once"],
        by=reader.actor,
        happened_at=form.happened_at(now),
        now=now,
        described=form.described(),
    )
    bell.ring_after(results)
    return access.as_seen(results, reader.actor, now)


def _after_one(request: HttpRequest, form: MoveForm, parcel: Parcel, result: Result) -> HttpResponse:
    if result.result == "refused":
        form.add_error(None, words.why(result.problem, result.detail))
        return _show(request, form.move, form, [parcel])
    level = messages.WARNING if result.result == "observed" else messages.SUCCESS
    messages.add_message(request, level, outcome(form.move, result))
    # Its sender still stands there.
    is_counter = form.move == "accept" and reader_of(request).may("parcels.add_parcel")
    return HttpResponseRedirect(counter_url(parcel) if is_counter else parcel_url(parcel))


def outcome(move: str, result: Result) -> str:
    """Say what became of one parcel."""
    if result.result == "refused":
        return words.why(result.problem, result.detail)
    if move in moving.PROPOSED:
        return "Proposed. It waits for a second person."
    status = words.STATUS[result.status or ""]
    if result.result == "observed":
        return f"Recorded, but it does not fit: it stays {status}."
    if result.result == "repeated":
        return f"This was done already: it is {status}."
    return f"Done: it is now {status}."


def _report(request: HttpRequest, move: str, results: Sequence[Result]) -> HttpResponse:
    rows = [(result, outcome(move, result)) for result in results]
    refused = [row for row in rows if row[0].result == "refused"]
    context = {"rows": refused + [row for row in rows if row[0].result != "refused"], "refused": len(refused)}
    title = f"{words.DO[move]}: {len(rows) - len(refused)} of {len(rows)} done"
    return page(request, "admin/parcels/results.html", title, context)


def require_parcel(request: HttpRequest, parcel_id: int) -> Parcel:
    """:raises Http404: if it is not in a round of theirs."""
    reader = reader_of(request)
    require(reader.may("parcels.view_parcel"))
    rows = reader.parcels(timezone.now()).filter(pk=parcel_id)
    parcel = rows.select_related(
        "round__sending", "round__neutral", "round__holding", "round__terms", "consignment", "holder",
        "sender", "recipient", "tie_checked_by",
    ).first()  # fmt: skip
    if parcel is None:
        raise Http404
    return _as_seen(parcel)
