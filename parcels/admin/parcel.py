"""Parcels: the list with its actions, and the page of one parcel. Status is read here and written nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges.models import SettledAddressee
from parcels import settling
from parcels.actions import Refused, freeze, release_news
from parcels.admin import (
    counter,
    listed,
    moving,
    news,
    opened,
    parcel_list,
    review,
    scanning,
    terms_preview,
    visits,
    waiting,
    words,
)
from parcels.admin.moves import ask, move_view, parcel_url, parcels_named, require_parcel
from parcels.admin.parcel_list import ParcelList
from parcels.admin.parcel_page import context
from parcels.admin.reading import reader_of
from parcels.admin.review_forms import NoteForm
from parcels.models import Parcel
from people.actors import Actor
from people.desk import ReadOnlyDesk, page, require
from people.models import PersonKey
from people.signin import fresh

_SETTLING: Mapping[str, str] = {
    "check_tie": "Sender's tie was checked",
    **{f"settle_{how}": f"Settle the addressee: {label}" for how, label in SettledAddressee.How.choices},
}


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyDesk):
    list_display = ("number", "status_shown", "since", "round", "mass", "marks", "addressee")
    list_select_related = ("round",)
    list_display_links = ("number",)
    list_filter = (
        parcel_list.StatusFilter,
        parcel_list.RoundFilter,
        parcel_list.OverdueFilter,
        parcel_list.FrozenFilter,
        parcel_list.FlaggedFilter,
        parcel_list.HeldNewsFilter,
        parcel_list.UntiedFilter,
    )
    search_fields = ("number",)
    search_help_text = "Parcel number, external id, or whole names in either script"
    sortable_by = ("number", "since")
    ordering = ("-pk",)
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return reader_of(request).parcels(timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return parcel_list.found(request, queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        declares = counter.may_declare(reader_of(request))
        return super().changelist_view(request, {"may_declare": declares, **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ParcelList]:
        return ParcelList

    @admin.display(description="status")
    def status_shown(self, parcel: Any) -> SafeString:
        return words.badge(parcel.seen_status)

    @admin.display(description="since", ordering="status_since")
    def since(self, parcel: Any) -> str:
        return timezone.localtime(parcel.seen_since).strftime("%d %b %Y")

    @admin.display(description="mass")
    def mass(self, parcel: Parcel) -> str:
        grams = parcel.gross_mass_g
        return f"{grams / 1000:.2f} kg" if grams else ""

    @admin.display(description="marks")
    def marks(self, parcel: Any) -> SafeString:
        held = parcel.ours and parcel.held_from is not None
        marks = [
            format_html('<span class="badge {}">{}</span> ', tone, word)
            for word, tone, met in (
                ("overdue", "hard", parcel.ours and parcel.overdue_since),
                ("frozen", "closed", parcel.marked and parcel.frozen),
                ("flagged", "look", parcel.marked and parcel.flagged),
                ("news held", "back", held),
            )
            if met
        ]
        return SafeString("".join(marks))

    @admin.display(description="addressee")
    def addressee(self, parcel: Parcel) -> str:
        return getattr(parcel, "addressee", "")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        reader = reader_of(request)
        roles, relations = reader.roles, {reader.relation(pk) for pk in reader.rounds}
        actions: dict[str, Any] = {
            move: (_asking(move), move, words.DO[move]) for move in moving.in_bulk(reader.actor, relations)
        }
        if roles & {"registrar", "liaison"}:
            actions["check_tie"] = (_settling, "check_tie", _SETTLING["check_tie"])
        if roles & {"liaison", "coordinator"}:
            actions |= {
                name: (_settling, name, label) for name, label in _SETTLING.items() if name != "check_tie"
            }
        return actions

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        require(self.has_view_permission(request))
        parcel = require_parcel(request, _number(object_id))
        return _page(request, parcel, NoteForm())

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"parcels_{name}")

        return [
            at("review/", review.queue, "review"),
            at("review/<int:parcel_id>/", review.ballot, "ballot"),
            at("news/", news.waiting_news, "news"),
            at("visits/<int:visit_id>/", visits.told, "visit"),
            at("waiting/", waiting.waiting_acts, "waiting"),
            at("listed/", listed.list_of_round, "list_of_round"),
            at("listed/<int:comparison_id>/", listed.settle_listed, "settle_listed"),
            at("waiting/print/", waiting.propose_print, "propose_print"),
            at("waiting/<int:approval_id>/", waiting.decide, "decide"),
            at("counter/", counter.declare_view, "counter"),
            at("<int:parcel_id>/counter/", counter.at_counter, "at_counter"),
            at("<int:parcel_id>/slip/", counter.print_slip, "slip"),
            at("terms/<int:terms_id>/", terms_preview.preview, "terms_preview"),
            at("moves/<slug:move>/", move_view, "move"),
            at("<int:parcel_id>/do/<slug:deed>/", do, "do"),
            at("<int:parcel_id>/note/", note, "note"),
            at("<int:parcel_id>/open/", scanning.open_parcel, "open"),
            at("scan/", scanning.scan, "scan"),
            *super().get_urls(),
        ]


def _page(request: HttpRequest, parcel: Parcel, note_form: NoteForm, *, status: int = 200) -> HttpResponse:
    purpose = opened.purpose_of(request, "parcel", parcel.pk)
    shown = context(parcel, reader_of(request), timezone.now(), purpose)
    forms = {"note_form": note_form, "hows": SettledAddressee.How.choices, "asking": opened.PurposeForm()}
    title = f"Parcel {parcel.number}"
    return page(request, "admin/parcels/parcel_page.html", title, shown | forms, status=status)


def _number(object_id: str) -> int:
    return int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0


def _asking(move: str) -> Callable[..., HttpResponse]:
    def action(_: ParcelAdmin, request: HttpRequest, queryset: QuerySet[Parcel]) -> HttpResponse:
        numbers = list(queryset.values_list("number", flat=True)[: moving.MOST_AT_ONCE + 1])
        if len(numbers) > moving.MOST_AT_ONCE:
            messages.error(request, f"At most {moving.MOST_AT_ONCE} at once: please narrow the list.")
            return HttpResponseRedirect(request.get_full_path())
        return ask(request, move, parcels_named(reader_of(request), numbers))

    return action


def _settling(_: ParcelAdmin, request: HttpRequest, queryset: QuerySet[Parcel]) -> None:
    name = request.POST["action"]
    numbers = list(queryset.values_list("number", flat=True)[: moving.MOST_AT_ONCE])
    try:
        count = _settle(name, numbers, reader_of(request).actor)
    except Refused as refused:
        messages.error(request, words.why(refused.problem, refused.detail))
    else:
        messages.success(request, f"{_SETTLING[name]}: {count} recorded.")


def _settle(name: str, numbers: list[str], by: Actor) -> int:
    if name == "check_tie":
        return settling.check_ties(numbers, by=by, now=timezone.now())
    return settling.settle(numbers, name.removeprefix("settle_"), by=by, now=timezone.now())


_DEEDS: Mapping[str, str] = {
    "freeze": "It is frozen: no decision moves it until two officers release it.",
    "release": "The family may read the news.",
    "unflag": "The flag is taken off.",
    **dict.fromkeys(_SETTLING, "Recorded."),
}


def do(request: HttpRequest, parcel_id: int, deed: str) -> HttpResponse:
    """Do one of the things a page has a plain button for."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    parcel = require_parcel(request, parcel_id)
    require(deed in _DEEDS)
    by, now = reader_of(request).actor, timezone.now()
    try:
        match deed:
            case "freeze":
                freeze(parcel.number, by=by, now=now)
            case "release":
                fresh.require(request)
                release_news(parcel.number, by=by, now=now)
            case "unflag":
                settling.unflag(parcel.number, by=by, now=now)
            case _:
                _settle(deed, [parcel.number], by)
    except Refused as refused:
        messages.error(request, words.why(refused.problem, refused.detail))
    else:
        messages.success(request, _DEEDS[deed])
    back = request.POST.get("back")
    return HttpResponseRedirect(reverse("admin:parcels_news") if back == "news" else parcel_url(parcel))


def note(request: HttpRequest, parcel_id: int) -> HttpResponse:
    """Add a note; shown again with what was typed if it cannot be kept."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    parcel = require_parcel(request, parcel_id)
    reader = reader_of(request)
    require(reader.may("parcels.add_note"))
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, parcel, form, status=400)
    about = parcel.sender_id if form.cleaned_data["about"] == "sender" else parcel.recipient_id
    try:
        settling.write_note(parcel, about, form.cleaned_data["text"], by=reader.actor, now=timezone.now())
    except PersonKey.DoesNotExist:
        messages.error(request, "This person was erased: nothing more is kept about them.")
    else:
        messages.success(request, "The note is kept.")
    return HttpResponseRedirect(parcel_url(parcel))
