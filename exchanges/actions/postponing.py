"""Postponing a round, resuming and cancelling it: why, and with which dates, is kept for good."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from exchanges import lifecycle
from exchanges.actions.rounds import check_collects, for_change
from exchanges.actions.steps import NotPossible, check_step, take_step
from exchanges.models import Round, RoundChange
from people.actors import Actor, announce

_DATES = ("opens_on", "closes_on", "postponed_until")


@transaction.atomic
def postpone_round(
    round_: Round, reason: str, *, until: date, closes_on: date, by: Actor, now: datetime, document: str = ""
) -> Round:
    """Postpone a round until a day, with a new last day; one that waits already may be put off again.

    :param reason: one of RoundChange.Reason
    :raises NotPossible: if that does not follow from its state, or the days are not in order
    :raises approvals.NotYours: if `by` is no officer of one of its organisations
    """
    announce(by)
    round_ = for_change(round_, by)
    if round_.status != Round.Status.POSTPONED:
        check_step(round_, Round.Status.POSTPONED, lifecycle.ROUND)
    change = as_it_was(round_, RoundChange.Step.POSTPONED, by, now, reason=reason, document=document)
    change.resumes_on = until
    _put_off(round_, goes_on_as(round_), until, closes_on)
    round_.postponed_until = until
    if round_.status == Round.Status.POSTPONED:
        round_.save(update_fields=_DATES)
    else:
        take_step(round_, Round.Status.POSTPONED, lifecycle.ROUND, also=_DATES)
    return keep(change, round_)


@transaction.atomic
def resume_round(round_: Round, *, on: date, closes_on: date, by: Actor, now: datetime) -> Round:
    """Let a postponed round go on from where it was.

    :raises NotPossible: if it is not postponed, the days are not in order, or it would collect without an
        agreement and terms in force
    :raises approvals.NotYours: if `by` is no officer of one of its organisations
    """
    announce(by)
    round_ = for_change(round_, by)
    if round_.status != Round.Status.POSTPONED:
        raise NotPossible("Only a round that is postponed resumes.")
    step = goes_on_as(round_)
    if step == Round.Status.COLLECTING:
        check_collects(round_)
    change = as_it_was(round_, RoundChange.Step.RESUMED, by, now)
    _put_off(round_, step, on, closes_on)
    round_.postponed_until = None
    take_step(round_, step, lifecycle.ROUND, also=_DATES)
    return keep(change, round_)


@transaction.atomic
def cancel_round(round_: Round, reason: str, *, by: Actor, now: datetime, document: str = "") -> Round:
    """Cancel a round that does not collect.

    :param reason: one of RoundChange.Reason
    :raises NotPossible: if that does not follow from its state
    :raises approvals.NotYours: if `by` is no officer of one of its organisations
    """
    announce(by)
    round_ = for_change(round_, by)
    change = as_it_was(round_, RoundChange.Step.CANCELLED, by, now, reason=reason, document=document)
    round_.postponed_until = None
    take_step(round_, Round.Status.CANCELLED, lifecycle.ROUND, also=_DATES)
    return keep(change, round_)


def goes_on_as(round_: Round) -> str:
    """Return the status in which a round is, or from which it was postponed."""
    if round_.status != Round.Status.POSTPONED:
        return round_.status
    put_off = round_.changes.filter(step=RoundChange.Step.POSTPONED).exclude(
        status_before=Round.Status.POSTPONED
    )
    last = put_off.order_by("-pk").first()
    return last.status_before if last else Round.Status.LISTS_EXCHANGED


def _put_off(round_: Round, status: str, on: date, closes_on: date) -> None:
    """A round that has opened keeps the day on which it did.

    :raises NotPossible: if it would close before it goes on
    """
    if closes_on < on:
        raise NotPossible("The last day is before the day on which it goes on.")
    if status != Round.Status.COLLECTING:
        round_.opens_on = on
    elif closes_on < round_.opens_on:
        raise NotPossible("The last day is before the day on which it opened.")
    round_.closes_on = closes_on


def as_it_was(
    round_: Round, step: str, by: Actor, now: datetime, *, reason: str = "", document: str = ""
) -> RoundChange:
    """Return what is to be kept of a change, with status, dates and terms as they were before it."""
    return RoundChange(
        round=round_,
        step=step,
        reason=reason,
        document=document,
        status_before=round_.status,
        opens_on_before=round_.opens_on,
        closes_on_before=round_.closes_on,
        terms_before=round_.terms,
        organisation_id=by.organisation_id,
        recorded_by_id=by.staff_id,
        recorded_at=now,
    )


def keep(change: RoundChange, round_: Round) -> Round:
    """Keep the change with the dates as they are now."""
    change.opens_on, change.closes_on = round_.opens_on, round_.closes_on
    change.save()
    return round_
