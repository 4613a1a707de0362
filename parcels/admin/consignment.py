"""Consignments: made, filled, sealed, and sent whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges.models import Round
from parcels import consignments
from parcels.access import Relation
from parcels.actions import Refused
from parcels.admin import route, words
from parcels.admin.reading import Reader, reader_of
from parcels.lifecycle import Status
from parcels.models import Consignment, Parcel
from people.desk import BoundedPaginator, ReadOnlyDesk, page, require
from people.models import Role

_PAGE = 100
_TONES = {"open": "home", "sealed": "ready", "dispatched": "way", "handed_over": "done"}


class SealForm(forms.Form):
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)
    seal = forms.CharField(label="Seal", max_length=40, help_text="As printed on the seal.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid.uuid4().hex


class StatusFilter(admin.SimpleListFilter):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Consignment.Status.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Consignment)
class ConsignmentAdmin(ReadOnlyDesk):
    list_display = ("number", "status_shown", "round", "count", "seal", "made_at")
    list_filter = (StatusFilter,)
    list_select_related = ("round",)
    search_fields = ("number__exact", "seal__exact")
    search_help_text = "Number or seal, whole"
    sortable_by = ("made_at",)
    ordering = ("-pk",)
    change_list_template = "admin/parcels/consignment_list.html"

    def mine(self, request: HttpRequest) -> Q:
        """Whom a parcel travels with, and the seal: for dispatchers, the neutral agency, the holder."""
        reader = reader_of(request)
        return _visible(reader)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(parcels_in=Count("parcels"))

    @admin.display(description="status")
    def status_shown(self, consignment: Consignment) -> SafeString:
        return badge(consignment)

    @admin.display(description="parcels")
    def count(self, consignment: Any) -> int:
        count: int = consignment.parcels_in
        return count

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"rounds": _rounds(reader_of(request))})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        if not object_id.isdecimal():
            raise Http404
        return _show(request, _found(request, int(object_id)), SealForm())

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"parcels_{name}")

        return [
            at("make/", make, "consignment_make"),
            at("<int:consignment_id>/seal/", seal, "consignment_seal"),
            at("<int:consignment_id>/dispatch/", dispatch, "consignment_dispatch"),
            at("<int:consignment_id>/route/", tell_route, "consignment_route"),
            at("<int:consignment_id>/route/look/", look_at_route, "consignment_route_look"),
            *super().get_urls(),
        ]


def badge(consignment: Consignment) -> SafeString:
    return format_html(
        '<span class="badge {}">{}</span>',
        _TONES[consignment.status],
        consignment.get_status_display().lower(),
    )


def _visible(reader: Reader) -> Q:
    seeing = [
        pk for pk in reader.rounds if reader.relation(pk) is Relation.NEUTRAL or _dispatches(reader, pk)
    ]
    return Q(round__in=seeing) | Q(
        round__in=list(reader.rounds),
        pk__in=Parcel.objects.filter(holder=reader.organisation).values("consignment"),
    )


def _dispatches(reader: Reader, round_id: int) -> bool:
    return reader.relation(round_id) is Relation.SENDING and Role.DISPATCHER in reader.roles


def _rounds(reader: Reader) -> list[Round]:
    """Return the rounds in which they may make a consignment."""
    return [round_ for pk, round_ in reader.rounds.items() if _dispatches(reader, pk)]


def _found(request: HttpRequest, consignment_id: int) -> Consignment:
    found = Consignment.objects.filter(_visible(reader_of(request)), pk=consignment_id).select_related(
        "round"
    )
    consignment = found.first()
    if consignment is None:
        raise Http404
    return consignment


def make(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    reader = reader_of(request)
    rounds = {str(round_.pk): round_ for round_ in _rounds(reader)}
    round_ = rounds.get(request.POST.get("round", ""))
    require(round_ is not None)
    assert round_ is not None  # noqa: S101  for the type checker
    made = consignments.make(round_, by=reader.actor, now=timezone.now())
    messages.success(request, f"Consignment {made.number} is open. Pack cleared parcels into it.")
    return HttpResponseRedirect(_url(made))


def seal(request: HttpRequest, consignment_id: int) -> HttpResponse:
    return _with_seal(request, consignment_id, _seal)


def dispatch(request: HttpRequest, consignment_id: int) -> HttpResponse:
    return _with_seal(request, consignment_id, _dispatch)


def tell_route(request: HttpRequest, consignment_id: int) -> HttpResponse:
    consignment = _found(request, consignment_id)
    return _or_page(request, consignment, route.tell(request, consignment, _url(consignment)))


def look_at_route(request: HttpRequest, consignment_id: int) -> HttpResponse:
    consignment = _found(request, consignment_id)
    return _or_page(request, consignment, route.look(request, consignment))


def _or_page(
    request: HttpRequest, consignment: Consignment, done: HttpResponse | dict[str, Any]
) -> HttpResponse:
    return done if isinstance(done, HttpResponse) else _show(request, consignment, SealForm(), done)


def _with_seal(
    request: HttpRequest, consignment_id: int, act: Callable[[Reader, Consignment, SealForm], str]
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    consignment, form = _found(request, consignment_id), SealForm(request.POST)
    if not form.is_valid():
        return _show(request, consignment, form)
    try:
        messages.success(request, act(reader_of(request), consignment, form))
    except Refused as refused:
        form.add_error(None, words.why(refused.problem, refused.detail))
        return _show(request, consignment, form)
    return HttpResponseRedirect(_url(consignment))


def _seal(reader: Reader, consignment: Consignment, form: SealForm) -> str:
    consignments.seal(consignment.number, form.cleaned_data["seal"], by=reader.actor)
    return f"Consignment {consignment.number} is sealed."


def _dispatch(reader: Reader, consignment: Consignment, form: SealForm) -> str:
    """:raises Refused: as the first parcel was, for then none has left."""
    results = consignments.dispatch(
        consignment.number,
        form.cleaned_data["seal"],
        by=reader.actor,
        now=timezone.now(),
        external_id=form.cleaned_data["once"],
    )
    if not results:
        raise Refused("not-now", "There is nothing in it.")
    refused = [each for each in results if each.problem]
    for each in sorted(refused, key=lambda each: "leaves whole" in each.detail):
        raise Refused(each.problem or "", each.detail)
    return f"Consignment {consignment.number} has left with {len(results)} parcels."


def _url(consignment: Consignment) -> str:
    return reverse("admin:parcels_consignment_change", args=[consignment.pk])


def _forms(told: dict[str, Any]) -> list[forms.Form]:
    return [each for each in told.values() if isinstance(each, forms.Form)]


def _show(
    request: HttpRequest,
    consignment: Consignment,
    form: SealForm,
    told: dict[str, Any] | None = None,
) -> HttpResponse:
    reader, told = reader_of(request), told or {}
    round_id = consignment.round_id
    parcels = reader.parcels(timezone.now()).filter(consignment=consignment).order_by("pk")
    found = BoundedPaginator(parcels, _PAGE).get_page(request.GET.get("page"))
    rows: list[Any] = list(found.object_list)
    context = {
        "consignment": consignment,
        "badge": badge(consignment),
        "page": found,
        "rows": [(parcel, words.badge(parcel.seen_status)) for parcel in rows],
        "mass_kg": sum(parcel.gross_mass_g or 0 for parcel in parcels) / 1000,
        "form": form,
        "may": _dispatches(reader, round_id),
        **route.context(request, consignment, told),
        "ready": Parcel.objects.filter(round=round_id, status=Status.CLEARED).count(),
    }
    return page(
        request, "admin/parcels/consignment.html", f"Consignment {consignment.number}", context,
        status=400 if any(each.errors for each in (form, *_forms(told))) else 200,
    )  # fmt: skip
