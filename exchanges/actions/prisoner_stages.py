"""The stages of an exchange of prisoners: planned, finished by two officers, and what follows for people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from django.db import transaction

from exchanges import lifecycle
from exchanges.actions.prisoner_rows import FINISH, keep_steps, listed, void_finishing
from exchanges.actions.prisoners import CROSSING, enter, officer, require_named, sealed, trace
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Exchange, ExchangeCount, ListedPerson, ListedStep, Stage
from exchanges.queries.prisoners import PERSON_KIND, STAGE_KIND
from people import approvals, bulk, situations
from people.actors import Actor, announce
from people.models import Approval, SituationEvent

NOT_EXCHANGED: Final = "not_exchanged"
# Whose word a crossing may stand on; a paper of both sides counts for more than two officers.
STATED_BY: Final = (SituationEvent.StatedBy.TWO_OFFICERS, SituationEvent.StatedBy.BOTH_SIDES)
_What = ListedStep.What


@transaction.atomic
def plan_stage(
    exchange: Exchange,
    *,
    number: int | None = None,
    planned_on: date | None,
    from_one_side: int | None,
    from_other_side: int | None,
    numbers_public: bool,
    place: str,
    by: Actor,
    now: datetime,
) -> Stage:
    """Plan a stage, or with its `number` plan it anew; the numbers each way may differ.

    :raises NotPossible: if the exchange is over, or the stage is finished
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = enter(exchange, by)
    if exchange.status in (Exchange.Status.COMPLETED, Exchange.Status.CANCELLED):
        raise NotPossible("The exchange is over.")
    stage = Stage(exchange=exchange, number=exchange.stages.count() + 1)
    if number is not None:
        stage = _stage(exchange, number)
        if stage.status == Stage.Status.FINISHED:
            raise NotPossible("A stage that is finished stands as it is.")
        stage.status = Stage.Status.PLANNED
        approvals.void(STAGE_KIND, [stage.pk], FINISH, now=now)
    stage.planned_on, stage.numbers_public = planned_on, numbers_public
    stage.from_one_side, stage.from_other_side = from_one_side, from_other_side
    is_new = stage.pk is None
    stage.pk = stage.pk or bulk.new_id(Stage)
    stage.sealed_place = sealed(place, CROSSING, stage.pk, office=exchange.organisation_id)
    stage.save(force_insert=is_new)
    trace(exchange, "planned_stage", by, now)
    return stage


@transaction.atomic
def let_fall_through(exchange: Exchange, number: int, *, by: Actor, now: datetime) -> None:
    """Let a stage fall through; its people are in no stage then.

    :raises NotPossible: if it is not planned
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = enter(exchange, by)
    stage = _stage(exchange, number)
    check_step(stage, Stage.Status.FELL_THROUGH, lifecycle.STAGE)
    rows = _in(stage)
    _put(rows, None, by, now)
    approvals.void(STAGE_KIND, [stage.pk], FINISH, now=now)
    take_step(stage, Stage.Status.FELL_THROUGH, lifecycle.STAGE)
    trace(exchange, "stage_fell_through", by, now)


@transaction.atomic
def put_in_stage(
    exchange: Exchange, references: Collection[str], number: int | None, *, by: Actor, now: datetime
) -> int:
    """Put verified people in a planned stage, or with None in no stage, and return how many.

    :raises NotPossible: if one of them is not verified, or the stage is not planned
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = enter(exchange, by)
    stage = _stage(exchange, number) if number is not None else None
    if stage and stage.status != Stage.Status.PLANNED:
        raise NotPossible("Only a stage that is planned takes people.")
    rows = listed(exchange, references)
    if any(row.status != ListedPerson.Status.VERIFIED for row in rows):
        raise NotPossible("Only who is verified can be put in a stage.")
    _put(rows, stage, by, now)
    trace(exchange, "put_in_stage", by, now)
    return len(rows)


def _put(rows: list[ListedPerson], stage: Stage | None, by: Actor, now: datetime) -> None:
    void_finishing(rows, now)
    if stage:
        approvals.void(STAGE_KIND, [stage.pk], FINISH, now=now)
    for row in rows:
        row.stage = stage
    ListedPerson.objects.bulk_update(rows, ["stage"])
    keep_steps(rows, _What.PLANNED if stage else _What.UNPLANNED, by, now, stage=stage)


def propose_finishing(
    exchange: Exchange,
    number: int,
    *,
    happened_on: date,
    stated_by: str,
    document: str,
    stayed: Collection[str],
    by: Actor,
    now: datetime,
) -> Approval:
    """Propose that a stage took place: all its people crossed, but those (references) who stayed.

    :raises NotPossible: if the exchange or the stage is not so far, or its people are not as told
    :raises approvals.NotYours: if `by` is not named on it
    :raises approvals.NotOpen: if that is proposed already
    """
    with transaction.atomic():
        exchange = enter(exchange, by)
        stage = _stage(exchange, number)
        _check_finishing(exchange, stage)
        if stated_by not in STATED_BY:
            raise NotPossible("A stage stands on the word of two officers, or on the paper of both sides.")
        if stated_by == SituationEvent.StatedBy.BOTH_SIDES and not document:
            raise NotPossible("Name the paper of both sides.")
        people = {row.person.reference: row for row in _in(stage)}
        if not set(stayed) <= people.keys():
            raise NotPossible("Who stayed must be in the stage.")
        crossed = [row.pk for reference, row in people.items() if reference not in stayed]
        if not crossed and exchange.category != Exchange.Category.BODIES:
            raise NotPossible("Nobody of this stage crossed: let it fall through.")
        details = {
            "happened_on": happened_on.isoformat(),
            "stated_by": stated_by,
            "document": document,
            "crossed": crossed,
            "stayed": [people[reference].pk for reference in sorted(stayed)],
        }
        trace(exchange, "proposed_finishing", by, now)
        return approvals.propose(STAGE_KIND, stage.pk, FINISH, by=by, details=details, now=now)


@approvals.carries_out(FINISH, apart=True)
def _finished(approval: Approval, by: Actor, now: datetime) -> None:
    announce(by)
    stage = Stage.objects.filter(pk=approval.subject).first()
    if stage is None:
        raise approvals.NotYours
    exchange = enter(stage.exchange_id, by)
    require_named(exchange, approval.proposed_by_id, now)
    stage = locked(stage)
    _check_finishing(exchange, stage)
    told = approval.details
    rows = {row.pk: row for row in _in(stage)}
    crossed, stayed = set(told["crossed"]), set(told["stayed"])
    if rows.keys() != crossed | stayed:
        raise NotPossible("The people of this stage have changed since: propose it again.")
    _keep_who_stayed([rows[pk] for pk in sorted(stayed)], stage, by, now)
    _bring_across([rows[pk] for pk in sorted(crossed)], exchange, stage, approval, by, now)
    stage.status, stage.finished_under = Stage.Status.FINISHED, approval
    stage.finished_on = date.fromisoformat(told["happened_on"])
    stage.save(update_fields=["status", "finished_on", "finished_under"])
    if exchange.status == Exchange.Status.AGREED:
        take_step(exchange, Exchange.Status.UNDER_WAY, lifecycle.EXCHANGE)
    trace(exchange, "finished_stage", by, now)


def _check_finishing(exchange: Exchange, stage: Stage) -> None:
    if exchange.status not in (Exchange.Status.AGREED, Exchange.Status.UNDER_WAY):
        raise NotPossible("The exchange is not agreed yet.")
    check_step(stage, Stage.Status.FINISHED, lifecycle.STAGE)


def _keep_who_stayed(rows: list[ListedPerson], stage: Stage, by: Actor, now: datetime) -> None:
    """Who stayed is still verified, and waits for another stage."""
    ListedPerson.objects.filter(pk__in=[row.pk for row in rows]).update(stage=None)
    keep_steps(rows, _What.STAYED, by, now, stage=stage)


def _bring_across(
    rows: list[ListedPerson], exchange: Exchange, stage: Stage, approval: Approval, by: Actor, now: datetime
) -> None:
    for row in rows:
        check_step(row, ListedPerson.Status.EXCHANGED, lifecycle.ON_A_LIST)
    ListedPerson.objects.filter(pk__in=[row.pk for row in rows]).update(status=ListedPerson.Status.EXCHANGED)
    keep_steps(rows, _What.EXCHANGED, by, now, stage=stage, under=approval)
    told = approval.details
    _record(
        exchange, rows, SituationEvent.Situation.EXCHANGED, date.fromisoformat(told["happened_on"]),
        told["stated_by"], told["document"], by.under(approval), now,
    )  # fmt: skip


def propose_correction(
    exchange: Exchange, reference: str, *, happened_on: date, by: Actor, now: datetime
) -> Approval:
    """Propose that a person recorded as exchanged was not: a later event says so, the older one stays.

    :raises NotPossible: if this person is not recorded as exchanged
    :raises approvals.NotYours: if `by` is not named on it
    :raises approvals.NotOpen: if that is proposed already
    """
    with transaction.atomic():
        exchange = enter(exchange, by)
        (row,) = listed(exchange, [reference])
        if row.status != ListedPerson.Status.EXCHANGED:
            raise NotPossible("Nothing says that this person was exchanged.")
        trace(exchange, "proposed_correction", by, now)
        details = {"happened_on": happened_on.isoformat()}
        return approvals.propose(PERSON_KIND, row.pk, NOT_EXCHANGED, by=by, details=details, now=now)


@approvals.carries_out(NOT_EXCHANGED, apart=True)
def _corrected(approval: Approval, by: Actor, now: datetime) -> None:
    announce(by)
    row = ListedPerson.objects.filter(pk=approval.subject).select_related("person").first()
    if row is None:
        raise approvals.NotYours
    exchange = enter(row.exchange_id, by)
    require_named(exchange, approval.proposed_by_id, now)
    row = locked(row, "person")
    if row.corrected or row.status != ListedPerson.Status.EXCHANGED:
        raise NotPossible("Nothing says that this person was exchanged.")
    row.corrected = True
    row.save(update_fields=["corrected"])
    keep_steps([row], _What.NOT_EXCHANGED, by, now, stage=row.stage, under=approval)
    _record(
        exchange, [row], SituationEvent.Situation.HELD, date.fromisoformat(approval.details["happened_on"]),
        SituationEvent.StatedBy.TWO_OFFICERS, "", by.under(approval), now,
    )  # fmt: skip
    trace(exchange, "corrected_person", by, now)


def _record(
    exchange: Exchange,
    rows: list[ListedPerson],
    situation: str,
    on: date,
    stated_by: str,
    document: str,
    by: Actor,
    now: datetime,
) -> None:
    # That bodies were handed over says nothing new of a person's situation: they were deceased before.
    if exchange.category == Exchange.Category.BODIES:
        return
    situations.record_for(
        [row.person_id for row in rows], situation, on, stated_by, source_id=exchange.organisation_id,
        document=document, by=by, now=now,
    )  # fmt: skip


@transaction.atomic
def record_count(
    exchange: Exchange,
    *,
    number: int | None,
    holding_id: int,
    scope: str,
    count: int,
    source_id: int,
    stated_on: date,
    by: Actor,
    now: datetime,
) -> ExchangeCount:
    """Keep how many somebody counted, beside every other count.

    :raises NotPossible: if the holding organisation is no side of it
    :raises approvals.NotYours: if `by` is not named on it
    """
    exchange = enter(exchange, by)
    if holding_id not in (exchange.one_side_id, exchange.other_side_id):
        raise NotPossible("This organisation is no side of the exchange.")
    trace(exchange, "recorded_count", by, now)
    return ExchangeCount.objects.create(
        exchange=exchange,
        stage=_stage(exchange, number) if number is not None else None,
        holding_id=holding_id,
        scope=scope,
        count=count,
        source_id=source_id,
        stated_on=stated_on,
        recorded_by_id=officer(by),
        recorded_at=now,
    )


def _stage(exchange: Exchange, number: int) -> Stage:
    stage = exchange.stages.select_for_update(of=("self",)).filter(number=number).first()
    if stage is None:
        raise NotPossible("There is no such stage.")
    return stage


def _in(stage: Stage) -> list[ListedPerson]:
    """Return who is to cross with a stage, locked."""
    rows = stage.people.select_for_update(of=("self",)).select_related("person", "stage")
    return list(rows.filter(status=ListedPerson.Status.VERIFIED).order_by("pk"))
