"""One exchange of prisoners in three stages, known to the two officers who are named on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from exchanges.actions import (
    change_exchange,
    let_fall_through,
    mark,
    plan_stage,
    propose_exchange,
    propose_finishing,
    put_in_stage,
    record_count,
    state_list,
)
from exchanges.actions.prisoners import OPEN
from exchanges.models import Exchange, ExchangeCount, ListedStep
from exchanges.queries.prisoners import EXCHANGE_KIND
from parcels.demonstration import strangers
from parcels.demonstration.offices import HOLDING, SENDING, actor, office
from people import approvals
from people.actions import record_people
from people.actors import announce
from people.models import Approval, Person, SituationEvent

# Those of Aldmark, whom Vestria holds, and those of Vestria: the numbers need not be equal.
COME_HOME: Final = 31
GO_HOME: Final = 15
# By stage, those of Aldmark and those of Vestria.
STAGES: Final = ((12, 7), (11, 5), (6, 3))
_BEGAN: Final = timedelta(days=30)
_FINISHED: Final = timedelta(days=6)


def make(now: datetime) -> None:
    gita, ivo = actor("gita"), actor("ivo")
    began = now - _BEGAN
    north, south = office(SENDING), office(HOLDING)
    proposal = propose_exchange(
        Exchange.Category.GOODWILL_UNEQUAL, one_side_id=north.pk, other_side_id=south.pk,
        title="Before the winter", with_staff_id=ivo.staff_id or 0, by=gita, now=began,
    )  # fmt: skip
    approvals.confirm(proposal.pk, by=ivo, now=began)
    announce(gita)
    exchange = Exchange.objects.get(pk=proposal.subject)
    ours, theirs = _people(41, COME_HOME, "uk", began), _people(42, GO_HOME, "ru", began)
    for holding, people in ((south, ours), (north, theirs)):
        state_list(
            exchange, holding_id=holding.pk, stated_by_id=holding.pk, stated_on=began.date(), people=people,
            note="", by=gita, now=began,
        )  # fmt: skip
    exchange = change_exchange(exchange, Exchange.Status.LISTS_EXCHANGED, by=gita, now=began)
    mark(exchange, _references([*ours, *theirs]), "verified", by=gita, now=now - timedelta(days=20))
    for status in (Exchange.Status.VERIFIED, Exchange.Status.AGREED):
        exchange = change_exchange(exchange, status, by=gita, now=now - timedelta(days=18))
    _stages(exchange, ours, theirs, now)
    _finish_first(exchange, now)
    let_fall_through(exchange, 3, by=ivo, now=now - timedelta(days=3))
    mark(
        exchange, _references(ours[-1:]), "disputed", reason=ListedStep.Reason.BIRTH_DATE_DIFFERS, by=gita,
        now=now - timedelta(days=2),
    )  # fmt: skip
    _counts(exchange, now)


def is_there() -> bool:
    return Approval.objects.filter(subject_kind=EXCHANGE_KIND, act=OPEN).exists()


def _people(seed: int, count: int, spelling: str, now: datetime) -> list[Person]:
    tellings = strangers.prisoners(seed, count, spelling)
    known = record_people(tellings, organisation_id=office(SENDING).pk, now=now)
    people = Person.objects.in_bulk([each.id for each in known])
    return [people[each.id] for each in known]


def _stages(exchange: Exchange, ours: Sequence[Person], theirs: Sequence[Person], now: datetime) -> None:
    """The first six days ago, the second next week, the third with no day."""
    gita, at = actor("gita"), now - timedelta(days=15)
    days = (now - _FINISHED, now + timedelta(days=8), None)
    come, go = 0, 0
    for number, ((home, away), day) in enumerate(zip(STAGES, days, strict=True), 1):
        plan_stage(
            exchange, planned_on=day.date() if day else None, from_one_side=away, from_other_side=home,
            numbers_public=number == 1, place=f"Crossing {number}, made up", by=gita, now=at,
        )  # fmt: skip
        travelling = [*ours[come : come + home], *theirs[go : go + away]]
        put_in_stage(exchange, _references(travelling), number, by=gita, now=at)
        come, go = come + home, go + away


def _finish_first(exchange: Exchange, now: datetime) -> None:
    at = now - _FINISHED
    proposal = propose_finishing(
        exchange, 1, happened_on=at.date(), stated_by=SituationEvent.StatedBy.TWO_OFFICERS, document="",
        stayed=(), by=actor("gita"), now=at + timedelta(hours=5),
    )  # fmt: skip
    approvals.confirm(proposal.pk, by=actor("ivo"), now=at + timedelta(hours=7))


def _counts(exchange: Exchange, now: datetime) -> None:
    """Each side counts who came from Vestria in the first stage, and they differ by one."""
    home, _ = STAGES[0]
    scopes = ExchangeCount.Scope
    for source, count, scope in ((SENDING, home, scopes.RECEIVED), (HOLDING, home + 1, scopes.HANDED_OVER)):
        record_count(
            exchange, number=1, holding_id=office(HOLDING).pk, scope=scope, count=count,
            source_id=office(source).pk, stated_on=(now - timedelta(days=5)).date(), by=actor("gita"),
            now=now - timedelta(days=4),
        )  # fmt: skip


def _references(people: Sequence[Person]) -> list[str]:
    return [each.reference for each in people]
