"""The pages of exchanges of prisoners: to officers who are named on one; to all others there is none.

Every page reads in one transaction that announces who looks: row security answers nothing outside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from exchanges import access, actions, queries
from exchanges.actions.prisoners import asked_of, decide, title_of, trace
from exchanges.admin import prisoner_acts, prisoner_page
from exchanges.admin.prisoner_forms import OpenForm, PurposeForm
from exchanges.desk import badge
from exchanges.models import Exchange, Stage
from people import approvals, rights
from people.actors import Actor, announce
from people.desk import ReadOnlyDesk, page, require, staff_of
from people.models import Approval, Organisation
from people.signin import fresh

_LIST: Final = "admin:exchanges_exchange_changelist"
_PAGE: Final = "admin:exchanges_exchange_page"
_PURPOSES: Final = "exchange_purposes"  # the session's key
_NOW_NAMED: Final = "Done: you are named on it."
_ASKED_AGAIN_AFTER: Final = timedelta(minutes=15)


class Line(NamedTuple):
    """One exchange in the list: no more than it takes to tell it from the others."""

    reference: str
    category: str
    badge: Any
    next_on: Any
    waiting: int


class Asked(NamedTuple):
    """A proposal to open an exchange, or to join one whose only officer asks."""

    approval: Approval
    what: str
    mine: bool


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyDesk):
    """Has none of the stock pages: they would read outside the transaction, and keep a log of their own."""

    def get_urls(self) -> list[URLPattern]:
        def way(address: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(
                address, self.admin_site.admin_view(view), name=f"exchanges_exchange_{name}"
            )
            return pattern

        return [
            way("", _list_view, "changelist"),
            way("decide/", _decide_view, "decide"),
            way("<slug:reference>/", _page_view, "page"),
            way("<slug:reference>/purpose/", _purpose_view, "purpose"),
            way("<slug:reference>/act/", _act_view, "act"),
        ]


def _officers(request: HttpRequest) -> list[Actor]:
    """Return who they are as an officer: one for each office in which they are one."""
    offices = sorted(rights.organisations(staff_of(request), "exchanges.view_exchange"))
    return [fresh.actor_of(request, each) for each in offices]


@contextmanager
def _room(request: HttpRequest, reference: str) -> Iterator[tuple[Exchange, Actor]]:
    """Open the transaction in which an exchange is read, and say as whom.

    :raises Http404: for all who are not named on it, as if there were none
    """
    with transaction.atomic():
        for by in _officers(request):
            announce(by)
            exchange = access.exchanges(by).filter(reference=reference).first()
            if exchange is not None:
                yield exchange, by
                return
        raise Http404


def _list_view(request: HttpRequest) -> HttpResponse:
    officers = _officers(request)
    require(bool(officers))
    form = OpenForm(request.POST if request.method == "POST" else None, by=officers[0])
    if request.method == "POST" and form.is_valid() and _propose(request, form, officers[0]):
        return HttpResponseRedirect(reverse(_LIST))
    with transaction.atomic():
        context = {
            "lines": [line for by in officers for line in _lines(by)],
            "asked": [each for by in officers for each in _asked(by)],
            "form": form,
        }
    status = 400 if form.errors else 200
    return page(request, "admin/exchanges/prisoners.html", "Exchanges of prisoners", context, status=status)


def _lines(by: Actor) -> list[Line]:
    announce(by)
    lines = []
    for exchange in access.exchanges(by).order_by("-opened_at"):
        planned = exchange.stages.filter(status=Stage.Status.PLANNED, planned_on__isnull=False)
        lines.append(
            Line(
                exchange.reference,
                exchange.get_category_display(),
                badge(exchange),
                planned.order_by("planned_on").values_list("planned_on", flat=True).first(),
                queries.waiting(exchange).exclude(proposed_by=by.staff_id).count(),
            )
        )
        # No names, titles or numbers stand in the list, so it asks for no purpose.
        trace(exchange, "listed", by, timezone.now())
    return lines


def _asked(by: Actor) -> list[Asked]:
    asked = []
    for approval in asked_of(by).order_by("proposed_at"):
        details, mine = approval.details, approval.proposed_by_id == by.staff_id
        if "category" not in details:
            what = "Be named on an exchange whose only officer is left alone"
        else:
            sides = Organisation.objects.filter(pk__in=[details["one_side"], details["other_side"]])
            between = " and ".join(str(each) for each in sides.order_by("name_en"))
            title = title_of(approval)
            category = Exchange.Category(details["category"]).label
            what = f"Open an exchange, {category}, between {between}: {title}"
        asked.append(Asked(approval, what, mine))
    return asked


def _propose(request: HttpRequest, form: OpenForm, by: Actor) -> bool:
    told = form.cleaned_data
    try:
        actions.propose_exchange(
            told["category"],
            one_side_id=told["one_side"].pk,
            other_side_id=told["other_side"].pk,
            title=told["title"],
            with_staff_id=told["officer"].pk,
            by=by,
            now=timezone.now(),
        )
    except actions.NotPossible as why:
        form.add_error(None, str(why))
        return False
    messages.success(request, "Proposed. It exists once the second officer agrees.")
    return True


def _decide_view(request: HttpRequest) -> HttpResponse:
    """Answer a proposal that stands on the list, where the exchange is not seen yet."""
    officers = _officers(request)
    require(bool(officers))
    pk = request.POST.get("approval", "")
    for by in officers:
        approval = asked_of(by).filter(pk=pk).first() if pk.isdecimal() else None
        if approval is not None and request.method == "POST":
            _tell(request, approval, by)
            return HttpResponseRedirect(reverse(_LIST))
    raise Http404


def _tell(request: HttpRequest, approval: Approval, by: Actor) -> None:
    confirm = request.POST.get("decision") == "confirm"
    try:
        decide(approval, confirm=confirm, by=by, now=timezone.now())
        messages.success(request, _NOW_NAMED if confirm else "It is closed.")
    except actions.NotPossible as why:
        messages.error(request, str(why))
    except approvals.NotYours:
        messages.error(request, "Who proposed it does not confirm it.")
    except approvals.NotOpen:
        messages.info(request, "This was decided meanwhile.")


def _page_view(request: HttpRequest, reference: str) -> HttpResponse:
    with _room(request, reference) as (exchange, by):
        purpose = _purpose(request, exchange, timezone.now())
        if purpose is None:
            return _ask_purpose(request, exchange, PurposeForm())
        return _shown(request, exchange, by, purpose)


def _ask_purpose(request: HttpRequest, exchange: Exchange, form: PurposeForm) -> HttpResponse:
    context = {"reference": exchange.reference, "form": form}
    status = 400 if form.errors else 200
    return page(
        request, "admin/exchanges/prisoners_purpose.html", "Before you open it", context, status=status
    )


def _shown(
    request: HttpRequest,
    exchange: Exchange,
    by: Actor,
    purpose: str,
    answer: prisoner_acts.Answer | None = None,
) -> HttpResponse:
    """Show the page, and record that it was shown."""
    actions.look(exchange, purpose, by=by, now=timezone.now())
    forms, found = (answer.forms, answer.found) if answer else ({}, None)
    context = prisoner_page.context(request, exchange, by, forms, found)
    status = 400 if answer and answer.refused else 200
    title = f"Exchange of prisoners {exchange.reference}"
    return page(request, "admin/exchanges/prisoners_page.html", title, context, status=status)


def _purpose_view(request: HttpRequest, reference: str) -> HttpResponse:
    with _room(request, reference) as (exchange, _):
        form = PurposeForm(request.POST)
        if request.method == "POST":
            if not form.is_valid():
                return _ask_purpose(request, exchange, form)
            fresh.require(request)
            kept = request.session.get(_PURPOSES, {})
            told = [form.cleaned_data["purpose"], timezone.now().isoformat()]
            request.session[_PURPOSES] = {**kept, exchange.reference: told}
    return HttpResponseRedirect(reverse(_PAGE, args=[reference]))


def _purpose(request: HttpRequest, exchange: Exchange, now: datetime, *, lasts: bool = False) -> str | None:
    """Return what they opened it for; None once that is too long ago, unless it `lasts` for an act."""
    purpose, told_at = request.session.get(_PURPOSES, {}).get(exchange.reference, (None, None))
    if purpose is None or (not lasts and now - datetime.fromisoformat(told_at) > _ASKED_AGAIN_AFTER):
        return None
    return str(purpose)


def _act_view(request: HttpRequest, reference: str) -> HttpResponse:
    with _room(request, reference) as (exchange, by):
        purpose = _purpose(request, exchange, timezone.now(), lasts=True)
        if request.method == "POST" and purpose is not None:
            answer = prisoner_acts.take(request, exchange, by, timezone.now())
            if answer.told:
                messages.success(request, answer.told)
            elif answer.why:
                messages.error(request, answer.why)
            if answer.refused or answer.found is not None:
                exchange.refresh_from_db()
                return _shown(request, exchange, by, purpose, answer)
        # Who is named no more is led back to what is still theirs.
        still = access.exchanges(by).filter(pk=exchange.pk).exists()
    return HttpResponseRedirect(reverse(_PAGE, args=[reference]) if still else reverse(_LIST))
