"""The page of one exchange of prisoners as plain values: whoever renders it reads no more rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest
from django.utils.safestring import SafeString

from exchanges import lifecycle, queries
from exchanges.actions.prisoner_rows import FINISH
from exchanges.actions.prisoner_stages import NOT_EXCHANGED
from exchanges.actions.prisoners import (
    CROSSING,
    LIST_NOTE,
    NAME,
    STEP_NOTE,
    TITLE,
    UNNAME,
    Opener,
    opener,
)
from exchanges.admin import prisoner_forms as told
from exchanges.desk import badge, toned
from exchanges.models import (
    Exchange,
    ExchangeTrace,
    ListedPerson,
    ListedStep,
    PrisonerList,
    Stage,
)
from exchanges.queries.prisoners import Progress
from people.actors import Actor
from people.models import Approval, Organisation, SituationEvent, Staff
from people.queries import names_of

PAGE: Final = 100
_LOOKS: Final = 50
_WORDS: Final = {
    "lists_exchanged": "Lists are exchanged", "verified": "All are verified", "agreed": "It is agreed",
    "under_way": "It is under way", "completed": "It is completed", "postponed": "Postpone",
    "cancelled": "Cancel",
}  # fmt: skip
# Who needs a look comes first.
_ORDER: Final = ("disputed", "listed", "verified", "exchanged", "removed")


class Row(NamedTuple):
    """A person on a list, with what can be done about them."""

    reference: str
    pk: int
    name: str
    badge: SafeString
    stage: int | None
    said: str
    may_verify: bool
    may_object: bool
    may_dispute: bool
    may_correct: bool
    ticked: bool
    reason: str
    note: str


class Side(NamedTuple):
    key: str
    holding: Organisation
    versions: list[tuple[PrisonerList, str]]
    rows: list[Row]
    page: Page  # type: ignore[type-arg]


class Bar(NamedTuple):
    """A line of the picture, in its units."""

    label: str
    y: int
    text_y: int
    planned: int
    verified: int
    crossed: int
    said: str


class Act(NamedTuple):
    """What waits for a second officer, in words."""

    approval: Approval
    what: str
    details: list[str]
    mine: bool


def context(
    request: HttpRequest, exchange: Exchange, by: Actor, forms: Mapping[str, Any], found: list[Any] | None
) -> dict[str, Any]:
    stages = list(exchange.stages.order_by("number"))
    progress = queries.progress(exchange)
    officers = exchange.officers.filter(unnamed_at=None).select_related("staff").order_by("named_at", "pk")
    counts = exchange.counts.select_related("stage", "holding", "source", "recorded_by").order_by(
        "stated_on", "pk"
    )
    unsealed = opener(exchange.organisation_id)
    looks = exchange.traces.select_related("staff").order_by("-pk")[:_LOOKS]
    return {
        "exchange": exchange,
        "name": unsealed(exchange.sealed_title, TITLE, exchange.pk),
        "status": badge(exchange),
        "steps": [(step, _WORDS[step]) for step in lifecycle.EXCHANGE.steps.get(exchange.status, ())],
        "officers": list(officers),
        "acts": [_act(each, by) for each in queries.waiting(exchange)],
        "stages": [(each, badge(each), unsealed(each.sealed_place, CROSSING, each.pk)) for each in stages],
        "progress": progress,
        "bars": _bars(progress),
        "height": 34 * len(progress) + 4,
        "sides": [
            _side(request, exchange, "one", exchange.one_side, unsealed),
            _side(request, exchange, "other", exchange.other_side, unsealed),
        ],
        "counts": list(counts),
        "looks": [(each, _look(each)) for each in looks],
        "reasons": ListedStep.Reason.choices,
        "found": found,
        "forms": _forms(exchange, by, forms),
        "posted": request.POST,
    }


def _forms(exchange: Exchange, by: Actor, bound: Mapping[str, Any]) -> dict[str, Any]:
    """Return the forms of the page: what was typed and not taken is kept in its own."""
    plain: dict[str, type[told.OfExchange]] = {
        "name": told.NameForm, "stage": told.StageForm, "list": told.ListForm, "search": told.SearchForm,
        "finish": told.FinishForm, "count": told.CountForm,
    }  # fmt: skip
    made = {key: form(exchange=exchange, by=by, prefix=key) for key, form in plain.items()}
    return made | dict(bound)


def _side(
    request: HttpRequest, exchange: Exchange, key: str, holding: Organisation, unsealed: Opener
) -> Side:
    order = Case(
        *(When(status=status, then=Value(place)) for place, status in enumerate(_ORDER)),
        output_field=IntegerField(),
    )
    people = exchange.people.filter(on_list__holding=holding).select_related("person", "stage")
    page = Paginator(people.order_by(order, "pk"), PAGE).get_page(request.GET.get(key))
    rows = list(page.object_list)
    versions = exchange.lists.filter(holding=holding).select_related("stated_by").order_by("-version")
    names, steps = names_of(row.person_id for row in rows), queries.last_steps(rows)
    return Side(
        key,
        holding,
        [(each, unsealed(each.sealed_note, LIST_NOTE, each.pk)) for each in versions],
        [_row(row, names, steps.get(row.pk), request, unsealed) for row in rows],
        page,
    )


def _row(
    row: ListedPerson,
    names: Mapping[int, str],
    step: ListedStep | None,
    request: HttpRequest,
    unsealed: Opener,
) -> Row:
    reference, posted = row.person.reference, request.POST
    status = "disputed" if row.corrected else row.status
    label = "not exchanged" if row.corrected else row.get_status_display().lower()
    may = lifecycle.ON_A_LIST.allows
    return Row(
        reference,
        row.person_id,
        names.get(row.person_id, "erased"),
        toned(status, label),
        row.stage.number if row.stage else None,
        _said(step, unsealed) if step else "",
        may(row.status, "verified"),
        may(row.status, "removed"),
        may(row.status, "disputed"),
        row.status == ListedPerson.Status.EXCHANGED and not row.corrected,
        reference in posted.getlist("ticked"),
        posted.get(f"reason-{reference}", ""),
        posted.get(f"note-{reference}", ""),
    )


def _said(step: ListedStep, unsealed: Opener) -> str:
    """Return the newest step in words."""
    words = [step.get_what_display()]
    if step.reason:
        words.append(f"({step.get_reason_display()})")
    text = " ".join(words)
    note = unsealed(step.sealed_note, STEP_NOTE, step.pk)
    return f"{text}: {note}" if note else text


def _bars(progress: list[Progress]) -> list[Bar]:
    most = max((max(each.planned or 0, each.verified) for each in progress), default=0) or 1

    def wide(count: int) -> int:
        return round(300 * count / most)

    return [
        Bar(
            f"Stage {each.stage.number}, from {each.holding}",
            34 * line + 16,
            34 * line + 12,
            wide(each.planned or 0),
            wide(each.verified),
            wide(each.crossed),
            f"{each.crossed} of {each.verified if each.planned is None else each.planned}",
        )
        for line, each in enumerate(progress)
    ]


def _act(approval: Approval, by: Actor) -> Act:
    what, details = _ACT_WORDS[approval.act](approval)
    return Act(approval, what, details, approval.proposed_by_id == by.staff_id)


def _naming(approval: Approval) -> tuple[str, list[str]]:
    officer = Staff.objects.get(pk=approval.details["officer"])
    return (f"Name {officer}" if approval.act == NAME else f"Name {officer} no more"), []


def _finishing(approval: Approval) -> tuple[str, list[str]]:
    details = approval.details
    stage = Stage.objects.get(pk=approval.subject)
    stayed = list(ListedPerson.objects.filter(pk__in=details["stayed"]).order_by("pk"))
    names = names_of(row.person_id for row in stayed)
    stated = SituationEvent.StatedBy(details["stated_by"]).label
    words = [f"{len(details['crossed'])} crossed, {len(stayed)} stayed", f"Stated by {stated}"]
    if details["document"]:
        words.append(f"Paper {details['document']}")
    words += [f"Stayed: {names.get(row.person_id, 'erased')}" for row in stayed]
    return f"Stage {stage.number} took place on {_on(details)}", words


def _correcting(approval: Approval) -> tuple[str, list[str]]:
    row = ListedPerson.objects.get(pk=approval.subject)
    name = names_of([row.person_id]).get(row.person_id, "erased")
    return f"{name} was not exchanged", [f"Known since {_on(approval.details)}"]


def _on(details: Mapping[str, Any]) -> str:
    return f"{date.fromisoformat(details['happened_on']):%-d %b %Y}"


_ACT_WORDS: Final = {NAME: _naming, UNNAME: _naming, FINISH: _finishing, NOT_EXCHANGED: _correcting}


def _look(trace: ExchangeTrace) -> str:
    act = trace.act.replace("exchange_", "").replace("_", " ")
    return f"{act}, for {trace.get_purpose_display()}" if trace.purpose else act
