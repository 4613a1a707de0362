"""What a button on the page of an exchange of prisoners does: one form, one call, one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.http import HttpRequest

from exchanges import access, actions, queries
from exchanges.actions.prisoner_stages import NOT_EXCHANGED
from exchanges.actions.prisoners import NAME, UNNAME, decide
from exchanges.admin import prisoner_forms as told_in
from exchanges.models import Exchange, ListedStep
from people import approvals
from people.actors import Actor
from people.models import Person
from people.queries import names_of, people_named

_MOST_FOUND: Final = 20
_SECOND: Final = "Proposed. Another officer named on it confirms it."


class Answer(NamedTuple):
    """`told`: it is done. `why`: it is not; where it was `refused`, the page keeps what was typed."""

    told: str = ""
    why: str = ""
    forms: Mapping[str, Any] = {}
    found: list[tuple[str, str]] | None = None
    refused: bool = False


class Asking(NamedTuple):
    request: HttpRequest
    exchange: Exchange
    by: Actor
    now: datetime

    @property
    def given(self) -> dict[str, Any]:
        return {"by": self.by, "now": self.now}


def take(request: HttpRequest, exchange: Exchange, by: Actor, now: datetime) -> Answer:
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        return Answer(why="There is no such button.")
    try:
        # What is refused undoes itself, and the page is read on.
        with transaction.atomic():
            return act(Asking(request, exchange, by, now))
    except actions.NotPossible as why:
        return Answer(why=str(why))
    except approvals.NotYours:
        return Answer(why="Who proposed it does not confirm it.")
    except approvals.NotOpen:
        return Answer(why="That is proposed already, or was decided meanwhile.")


def _with(
    key: str, form_class: type[told_in.OfExchange], do: Callable[[Asking, dict[str, Any]], Answer]
) -> Any:
    """Return the act that reads this form; what is not taken is shown again as it was typed."""

    def act(asking: Asking) -> Answer:
        form = form_class(asking.request.POST, exchange=asking.exchange, by=asking.by, prefix=key)
        if form.is_valid():
            try:
                with transaction.atomic():
                    return do(asking, form.cleaned_data)
            except actions.NotPossible as why:
                form.add_error(None, str(why))
        return Answer(forms={key: form}, refused=True)

    return act


def _step(asking: Asking) -> Answer:
    exchange = actions.change_exchange(asking.exchange, asking.request.POST.get("step", ""), **asking.given)
    return Answer(f"The exchange is now {exchange.get_status_display().lower()}.")


def _name(asking: Asking, told: dict[str, Any]) -> Answer:
    actions.propose_naming(asking.exchange, NAME, told["officer"].pk, **asking.given)
    return Answer(_SECOND)


def _unname(asking: Asking) -> Answer:
    officer = asking.request.POST.get("officer", "")
    if not officer.isdecimal():
        return Answer(why="Choose who is named no more.")
    actions.propose_naming(asking.exchange, UNNAME, int(officer), **asking.given)
    return Answer(_SECOND)


def _decide(asking: Asking) -> Answer:
    pk = asking.request.POST.get("approval", "")
    approval = queries.waiting(asking.exchange).filter(pk=pk).first() if pk.isdecimal() else None
    if approval is None:
        raise approvals.NotOpen
    confirm = asking.request.POST.get("decision") == "confirm"
    decide(approval, confirm=confirm, **asking.given)
    return Answer("Confirmed and done." if confirm else "It is closed; nothing was done.")


def _list(asking: Asking, told: dict[str, Any]) -> Answer:
    made = actions.state_list(
        asking.exchange,
        holding_id=told["holding"].pk,
        stated_by_id=told["stated_by"].pk,
        stated_on=told["stated_on"],
        people=told["people"],
        note=told["note"],
        **asking.given,
    )
    return Answer(f"The list from {made.holding} is recorded as version {made.version}.")


def _search(asking: Asking, told: dict[str, Any]) -> Answer:
    form = told_in.SearchForm(asking.request.POST, exchange=asking.exchange, by=asking.by, prefix="search")
    mine, q = access.people_to_list(asking.by), told["q"].strip()
    found = list(mine.filter(reference=q.lower()) or mine.filter(pk__in=people_named(q))[:_MOST_FOUND])
    names = names_of(person.pk for person in found)
    rows = [(person.reference, names.get(person.pk, "erased")) for person in found]
    return Answer(forms={"search": form}, found=rows)


def _add(asking: Asking) -> Answer:
    """Put one who was found on a side's list; the button names both."""
    side, _, reference = asking.request.POST.get("put", "").partition(":")
    holding = {"one": asking.exchange.one_side, "other": asking.exchange.other_side}.get(side)
    people: list[Person] = list(access.people_to_list(asking.by).filter(reference=reference))
    if holding is None or not people:
        return Answer(why="Your office keeps nobody under this reference.")
    added = actions.list_people(asking.exchange, holding_id=holding.pk, people=people, **asking.given)
    return Answer("Put on the list." if added else "This person is on the list already.")


def _mark(asking: Asking) -> Answer:
    """One person by the button beside them, or all who are ticked."""
    posted = asking.request.POST
    reference, _, step = posted.get("one", "").partition(":")
    if step == NOT_EXCHANGED:
        return _correct(asking, reference)
    references = [reference] if step else posted.getlist("ticked")
    suffix = f"-{reference}" if step else ""
    step = step or posted.get("step", "")
    try:
        with transaction.atomic():
            if step in ("stage", "no_stage"):
                return _put(asking, references, step)
            many = actions.mark(
                asking.exchange,
                references,
                step,
                reason=_known(posted.get(f"reason{suffix}", "")),
                note=posted.get(f"note{suffix}", "")[:300],
                **asking.given,
            )
    except actions.NotPossible as why:
        return Answer(why=str(why), refused=True)
    return Answer(f"{_people(many)}: {step}.")


def _known(reason: str) -> str:
    return reason if reason in ListedStep.Reason else ""


def _put(asking: Asking, references: list[str], step: str) -> Answer:
    number = asking.request.POST.get("stage", "")
    if step == "stage" and not number.isdecimal():
        raise actions.NotPossible("Choose the stage.")
    chosen = int(number) if step == "stage" else None
    many = actions.put_in_stage(asking.exchange, references, chosen, **asking.given)
    return Answer(f"{_people(many)}: {f'in stage {chosen}' if chosen else 'in no stage'}.")


def _people(many: int) -> str:
    return "1 person" if many == 1 else f"{many} people"


def _correct(asking: Asking, reference: str) -> Answer:
    try:
        on = date.fromisoformat(asking.request.POST.get(f"on-{reference}", ""))
    except ValueError:
        return Answer(why="Say since which day it is known.")
    if on > asking.now.date():
        return Answer(why="This day has not come yet.")
    actions.propose_correction(asking.exchange, reference, happened_on=on, **asking.given)
    return Answer(_SECOND)


def _stage(asking: Asking, told: dict[str, Any]) -> Answer:
    stage = actions.plan_stage(asking.exchange, **told, **asking.given)
    return Answer(f"Stage {stage.number} is planned.")


def _fall_through(asking: Asking) -> Answer:
    number = asking.request.POST.get("number", "")
    if not number.isdecimal():
        return Answer(why="Choose the stage.")
    actions.let_fall_through(asking.exchange, int(number), **asking.given)
    return Answer(f"Stage {number} fell through. Its people wait for another one.")


def _finish(asking: Asking, told: dict[str, Any]) -> Answer:
    actions.propose_finishing(asking.exchange, **told, **asking.given)
    return Answer(_SECOND)


def _count(asking: Asking, told: dict[str, Any]) -> Answer:
    holding, source = told.pop("holding"), told.pop("source")
    actions.record_count(asking.exchange, holding_id=holding.pk, source_id=source.pk, **told, **asking.given)
    return Answer("The count is recorded, beside the others.")


_ACTS: Final[Mapping[str, Callable[[Asking], Answer]]] = {
    "step": _step,
    "name": _with("name", told_in.NameForm, _name),
    "unname": _unname,
    "decide": _decide,
    "list": _with("list", told_in.ListForm, _list),
    "search": _with("search", told_in.SearchForm, _search),
    "add": _add,
    "mark": _mark,
    "stage": _with("stage", told_in.StageForm, _stage),
    "fall_through": _fall_through,
    "finish": _with("finish", told_in.FinishForm, _finish),
    "count": _with("count", told_in.CountForm, _count),
}
