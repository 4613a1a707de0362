"""The lists of an exchange of prisoners: stated, corrected, and verified person by person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import transaction

from exchanges import lifecycle
from exchanges.actions.prisoner_rows import keep_steps, listed, void_finishing
from exchanges.actions.prisoners import LIST_NOTE, enter, officer, sealed, trace
from exchanges.actions.steps import NotPossible, check_step, take_step
from exchanges.models import Exchange, ListedPerson, ListedStep, PrisonerList
from people import bulk
from people.actors import Actor
from people.models import Person

_What = ListedStep.What
_OVER = (Exchange.Status.COMPLETED, Exchange.Status.CANCELLED)


@transaction.atomic
def state_list(
    exchange: Exchange,
    *,
    holding_id: int,
    stated_by_id: int,
    stated_on: date,
    people: Collection[Person],
    note: str,
    by: Actor,
    now: datetime,
) -> PrisonerList:
    """Record a list as it was stated; after the first of its side it is a correction.

    Whom a correction names no more is taken off, unless they crossed. The older list stays as it was stated.

    :raises NotPossible: if the exchange is over, or one of them is on the other side's list
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = _open(exchange, by)
    if holding_id not in (exchange.one_side_id, exchange.other_side_id):
        raise NotPossible("This organisation is no side of the exchange.")
    pk = bulk.new_id(PrisonerList)
    made = PrisonerList.objects.create(
        pk=pk,
        exchange=exchange,
        holding_id=holding_id,
        version=exchange.lists.filter(holding=holding_id).count() + 1,
        stated_by_id=stated_by_id,
        stated_on=stated_on,
        sealed_note=sealed(note, LIST_NOTE, pk, office=exchange.organisation_id),
        recorded_by_id=officer(by),
        recorded_at=now,
    )
    named = {person.pk for person in people}
    off = [each for each in _going_home(exchange, holding_id) if each.person_id not in named]
    _bring(off, ListedPerson.Status.REMOVED, by, now, on_list=made, reason=ListedStep.Reason.CORRECTED_LIST)
    _add(made, people, by, now)
    _verify_again(exchange)
    trace(exchange, "stated_list", by, now)
    return made


@transaction.atomic
def list_people(
    exchange: Exchange, *, holding_id: int, people: Collection[Person], by: Actor, now: datetime
) -> int:
    """Put people on the list as it stands, and return how many were not on it.

    :raises NotPossible: if no list is stated yet, or one of them is on the other side's
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = _open(exchange, by)
    newest = exchange.lists.filter(holding=holding_id).order_by("-version").first()
    if newest is None:
        raise NotPossible("State the list first: whose word it is, and of which day.")
    added = _add(newest, people, by, now)
    if added:
        _verify_again(exchange)
        trace(exchange, "added_people", by, now)
    return added


@transaction.atomic
def mark(
    exchange: Exchange,
    references: Collection[str],
    step: str,
    *,
    reason: str = "",
    note: str = "",
    by: Actor,
    now: datetime,
) -> int:
    """Verify, dispute or take off people of the lists, all or none, and return how many.

    :raises NotPossible: if that does not follow for one of them, or a reason is missing
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = _open(exchange, by)
    if step not in (_What.VERIFIED, _What.DISPUTED, _What.REMOVED):
        raise NotPossible("Whoever crosses does so with a stage.")
    if step != _What.VERIFIED and not reason:
        raise NotPossible("Say why.")
    rows = listed(exchange, references)
    _bring(rows, step, by, now, reason=reason if step != _What.VERIFIED else "", note=note)
    if step == _What.DISPUTED:
        _verify_again(exchange)
    trace(exchange, f"{step}_people", by, now)
    return len(rows)


def _open(exchange: Exchange, by: Actor) -> Exchange:
    exchange = enter(exchange, by)
    if exchange.status in _OVER:
        raise NotPossible("The exchange is over.")
    return exchange


def _going_home(exchange: Exchange, holding_id: int) -> list[ListedPerson]:
    """Return who is on a side's list and has not crossed, locked."""
    rows = exchange.people.select_for_update(of=("self",)).select_related("stage")
    over = (ListedPerson.Status.REMOVED, ListedPerson.Status.EXCHANGED)
    return list(rows.filter(on_list__holding=holding_id).exclude(status__in=over).order_by("pk"))


def _add(on_list: PrisonerList, people: Iterable[Person], by: Actor, now: datetime) -> int:
    exchange = on_list.exchange
    on_lists = exchange.people.filter(corrected=False).exclude(status=ListedPerson.Status.REMOVED)
    present = dict(on_lists.values_list("person_id", "on_list__holding_id"))
    wanted = {person.pk: person for person in people}
    if any(present.get(pk, on_list.holding_id) != on_list.holding_id for pk in wanted):
        raise NotPossible("One of them is on the other side's list.")
    fresh = [
        ListedPerson(exchange=exchange, on_list=on_list, person=person)
        for pk, person in wanted.items()
        if pk not in present
    ]
    made = ListedPerson.objects.bulk_create(fresh)
    keep_steps(made, _What.LISTED, by, now, on_list=on_list)
    return len(made)


def _bring(rows: list[ListedPerson], step: str, by: Actor, now: datetime, **why: object) -> None:
    for row in rows:
        check_step(row, step, lifecycle.ON_A_LIST)
    void_finishing(rows, now)
    # Whoever is not verified any more crosses with no stage.
    for row in rows:
        row.status = step
        row.stage = None if step != _What.VERIFIED else row.stage
    ListedPerson.objects.bulk_update(rows, ["status", "stage"])
    keep_steps(rows, step, by, now, **why)


def _verify_again(exchange: Exchange) -> None:
    """A list that changes after it was verified is verified again."""
    if exchange.status == Exchange.Status.VERIFIED:
        take_step(exchange, Exchange.Status.LISTS_EXCHANGED, lifecycle.EXCHANGE)
