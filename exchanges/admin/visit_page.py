"""One visit: what comes next, who is named, where it is, what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges import access, actions, lifecycle
from exchanges.access import VisitSight
from exchanges.admin import visit_people
from exchanges.admin.visit_forms import (
    FindForm,
    LookForm,
    ParticipantsForm,
    PlaceForm,
    ReasonForm,
    ScheduleForm,
)
from exchanges.desk import badge
from exchanges.models import Visit, VisitPerson, VisitStep
from people import approvals, rights
from people.actors import Actor
from people.desk import audit, page, require, staff_of
from people.models import Grant, Person, Staff
from people.queries import names_of
from people.signin import fresh

_FORMS: Final = {"scheduled": ScheduleForm, "postponed": ReasonForm, "cancelled": ReasonForm}
_BUTTONS: Final = {
    "scheduled": "Schedule it",
    "postponed": "Postpone it",
    "cancelled": "Cancel it",
    "held": "It took place",
    "reported": "Report it",
}
_WORDS: Final = {
    "agree": "agreed",
    "schedule": "scheduled",
    "postpone": "postponed",
    "cancel": "cancelled",
    "hold": "took place",
    "report": "reported",
    "participants": "named who takes part",
    "add_prisoners": "named prisoners to be seen",
    "add_relatives": "named relatives who come",
    "remove_person": "took somebody off",
    "place": "wrote down the place",
    "letters": "said what became of letters",
}
_PARTS: Final = {"prisoner": Person.Kind.PRISONER, "relative": Person.Kind.SENDER}


def found(request: HttpRequest, visit_id: int) -> tuple[Visit, Actor, VisitSight]:
    """Return the visit with who they are to it.

    :raises Http404: if it is not there for them
    """
    staff = staff_of(request)
    mine = rights.organisations(staff, "exchanges.view_visit")
    require(bool(mine))
    for organisation in sorted(mine):
        actor = Actor("staff", organisation, rights.roles_in(staff, organisation), staff_id=staff.pk)
        visit = access.visits(actor).filter(pk=visit_id).first()
        if visit is not None:
            return visit, actor, access.visit_sight(actor, visit)
    raise Http404


def url(visit: Visit) -> str:
    return reverse("admin:exchanges_visit_change", args=[visit.pk])


def show(request: HttpRequest, visit_id: int, **told: Any) -> HttpResponse:
    """Show the page, with what was typed where something is wrong with it."""
    visit, by, sight = found(request, visit_id)
    if sight.names:
        audit(staff_of(request), "open_visit", "visit", [visit.pk])
    context = {
        "visit": visit,
        "badge": badge(visit),
        "sight": sight,
        "steps": _steps(visit, sight, told),
        "people": _people(visit) if sight.names else None,
        "count": visit.people.filter(part=VisitPerson.Part.PRISONER).count(),
        "ours": [each.staff for each in _participants(visit, by)],
        "others": visit.participants.exclude(organisation=by.organisation_id).count(),
        "participants": told.get("participants") or _participants_form(visit, by) if sight.acts else None,
        "find": {part: told.get(f"find_{part}") or FindForm(auto_id=f"{part}_%s") for part in _parts(visit)},
        "changes": visit.status not in ("reported", "cancelled"),
        "may_remove": visit.status in ("agreed", "scheduled", "postponed"),
        "place_form": told.get("place") or PlaceForm(),
        "look_form": told.get("look") or LookForm(),
        "place": told.get("shown"),
        "reports": visit.reports.count() if sight.word else 0,
        "letters": visit.letters.count() if sight.names else 0,
        "history": _history(visit, by),
        "lines": told.get("lines"),
        "lines_part": told.get("lines_part"),
        "form": told.get("wrong"),
    }
    return page(
        request, "admin/exchanges/visit.html", f"Visit {visit.reference}", context,
        status=400 if told.get("wrong") else 200,
    )  # fmt: skip


def _parts(visit: Visit) -> list[str]:
    return list(_PARTS) if visit.kind == Visit.Kind.FAMILY else ["prisoner"]


def _steps(visit: Visit, sight: VisitSight, told: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Return (step, its button, its form): those of the table that are theirs."""
    steps = lifecycle.VISIT.steps.get(visit.status, ())
    rows = []
    for step in steps:
        if not (sight.word if step == "reported" else sight.acts):
            continue
        make = _FORMS.get(step)
        form = told.get(step) or (make(auto_id=f"{step}_%s", initial=_times(visit)) if make else None)
        rows.append((step, _BUTTONS[step], form))
    return rows


def _times(visit: Visit) -> dict[str, datetime | None]:
    return {"starts_at": visit.starts_at, "ends_at": visit.ends_at}


def _people(visit: Visit) -> dict[str, list[tuple[VisitPerson, str]]]:
    rows = list(visit.people.select_related("person__organisation").order_by("pk"))
    names = names_of(each.person_id for each in rows)
    return {
        part: sorted(
            ((each, names.get(each.person_id, "erased")) for each in rows if each.part == part),
            key=lambda named: named[1],
        )
        for part in _parts(visit)
    }


def _participants(visit: Visit, by: Actor) -> Any:
    return visit.participants.filter(organisation=by.organisation_id).select_related("staff")


def _participants_form(visit: Visit, by: Actor, data: Any = None) -> ParticipantsForm:
    members = Grant.objects.current().filter(organisation=by.organisation_id, staff__is_active=True)
    staff = Staff.objects.filter(pk__in=members.values("staff")).order_by("display_name", "username")
    named = [each.staff_id for each in _participants(visit, by)]
    return ParticipantsForm(data, members={each.pk: str(each) for each in staff}, initial={"staff": named})


def _history(visit: Visit, by: Actor) -> list[tuple[VisitStep, str, str, str]]:
    """Return what was done, newest first. Staff of another organisation are not named."""
    rows = visit.history.select_related("organisation", "staff").order_by("-pk")
    reasons = dict(Visit.Reason.choices)
    return [
        (
            each,
            _WORDS.get(each.what, each.what),
            str(reasons.get(each.details.get("reason", ""), "")),
            str(each.staff if each.organisation_id == by.organisation_id else each.organisation),
        )
        for each in rows
    ]


def step(request: HttpRequest, visit_id: int) -> HttpResponse:
    def take(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        require(access.visit_sight(by, visit).acts)
        name = request.POST.get("step", "")
        make = _FORMS.get(name)
        form = make(request.POST, auto_id=f"{name}_%s") if make else None
        if form is not None and not form.is_valid():
            return show(request, visit_id, wrong=form, **{name: form})
        try:
            _take(visit, name, form.cleaned_data if form else {}, by, now)
        except actions.NotPossible as why:
            if form is None:
                raise
            form.add_error(None, str(why))
            return show(request, visit_id, wrong=form, **{name: form})
        messages.success(request, f"The visit is now {name}.")
        return None

    return _do(request, visit_id, take)


def _take(visit: Visit, name: str, told: Mapping[str, Any], by: Actor, now: datetime) -> None:
    if name == "scheduled":
        actions.schedule_visit(visit, told["starts_at"], told["ends_at"], by=by, now=now)
    elif name == "postponed":
        actions.postpone_visit(visit, told["reason"], by=by, now=now)
    elif name == "cancelled":
        actions.cancel_visit(visit, told["reason"], by=by, now=now)
    elif name == "held":
        actions.hold_visit(visit, by=by, now=now)
    else:
        raise Http404


def participants(request: HttpRequest, visit_id: int) -> HttpResponse:
    def name(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        require(access.visit_sight(by, visit).acts)
        form = _participants_form(visit, by, request.POST)
        if not form.is_valid():
            return show(request, visit_id, wrong=form, participants=form)
        actions.name_participants(visit, form.cleaned_data["staff"], by=by, now=now)
        messages.success(request, "Who takes part is written down.")
        return None

    return _do(request, visit_id, name)


def find(request: HttpRequest, visit_id: int, part: str) -> HttpResponse:
    def look(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        _check_names(visit, by, part)
        form = FindForm(request.POST, auto_id=f"{part}_%s")
        if not form.is_valid():
            return show(request, visit_id, wrong=form, **{f"find_{part}": form})
        lines = visit_people.find(request, form.cleaned_data["lines"], _PARTS[part])
        return show(request, visit_id, lines=lines, lines_part=part, **{f"find_{part}": form})

    return _do(request, visit_id, look)


def add(request: HttpRequest, visit_id: int, part: str) -> HttpResponse:
    def name(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        _check_names(visit, by, part)
        chosen = {int(each) for each in request.POST.getlist("person") if each.isdecimal() and len(each) < 19}
        theirs = visit_people.seen_people(request, _PARTS[part]).filter(pk__in=chosen)
        ids = set(theirs.values_list("pk", flat=True))
        if chosen - ids:
            raise Http404
        count = actions.add_people(visit, ids, part, by=by, now=now)
        messages.success(request, f"{count} more {'is' if count == 1 else 'are'} named.")
        return None

    return _do(request, visit_id, name)


def remove(request: HttpRequest, visit_id: int) -> HttpResponse:
    def take_off(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        _check_names(visit, by, "prisoner")
        person = request.POST.get("person", "")
        if person.isdecimal() and len(person) < 19:
            actions.remove_person(visit, int(person), by=by, now=now)
        return None

    return _do(request, visit_id, take_off)


def place(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Write the place down, or look it up."""

    def do(visit: Visit, by: Actor, now: datetime) -> HttpResponse | None:
        if "purpose" in request.POST:
            look = LookForm(request.POST)
            if not look.is_valid():
                return show(request, visit_id, wrong=look, look=look)
            fresh.require(request)
            found = actions.look_up_place(visit, look.cleaned_data["purpose"], by=by, now=now)
            return show(request, visit_id, shown=found or "Nobody has written it down yet.")
        form = PlaceForm(request.POST)
        if not form.is_valid():
            return show(request, visit_id, wrong=form, place=form)
        actions.set_place(visit, form.cleaned_data["place"], by=by, now=now)
        messages.success(request, "The place is written down, sealed.")
        return None

    return _do(request, visit_id, do)


def _check_names(visit: Visit, by: Actor, part: str) -> None:
    """:raises Http404: if there is no such part of it
    :raises PermissionDenied: if they may not read names"""
    if part not in _parts(visit):
        raise Http404
    require(access.visit_sight(by, visit).names)


def _do(
    request: HttpRequest,
    visit_id: int,
    act: Callable[[Visit, Actor, datetime], HttpResponse | None],
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    visit, by, _ = found(request, visit_id)
    try:
        if answer := act(visit, by, timezone.now()):
            return answer
    except actions.NotPossible as why:
        messages.error(request, str(why))
    except approvals.NotYours:
        require(False)
    return HttpResponseRedirect(url(visit))
