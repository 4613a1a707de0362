"""Making rounds, bringing them from state to state, and settling who may be sent to."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from exchanges import lifecycle
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Agreement, Round, SettledAddressee, Terms
from people import approvals, bulk, datakeys
from people.actors import OFFICERS, Actor, announce

ROUND_KEY_PLACE: Final = "exchanges.round"


def make_round(*, round_key: bytes | None = None, **fields: Any) -> Round:
    """Make a round with its own secret key, which draws the second look. 32 bytes, random unless given."""
    pk = bulk.new_id(Round)
    return Round.objects.create(pk=pk, sealed_key=new_round_key(pk, round_key), **fields)


def new_round_key(round_id: int, key: bytes | None = None) -> bytes:
    """Return a round's secret key as it is kept: sealed under its data key."""
    text = (key or secrets.token_bytes(32)).hex()
    return datakeys.seal(datakeys.Kind.ROUND, round_id, text, place=ROUND_KEY_PLACE, row=round_id)


@transaction.atomic
def change_round(round_: Round, status: str, *, by: Actor) -> Round:
    """Bring a round to its next state, where nothing more is to tell than that.

    :raises NotPossible: if that does not follow from its state, it would collect without terms in force,
        or more is to tell: why and until when it is postponed, why it is cancelled, when it resumes
    :raises approvals.NotYours: if `by` is no officer of one of its organisations
    """
    announce(by)
    round_ = for_change(round_, by)
    check_step(round_, status, lifecycle.ROUND)
    if _TOLD_MORE & {status, round_.status}:
        raise NotPossible("Say why a round is postponed or cancelled, and with which dates it resumes.")
    if status == Round.Status.COLLECTING:
        check_collects(round_)
    take_step(round_, status, lifecycle.ROUND)
    return round_


_TOLD_MORE: Final = frozenset({Round.Status.POSTPONED, Round.Status.CANCELLED})


def for_change(round_: Round, by: Actor) -> Round:
    """Return the round locked, for an officer of one of its organisations.

    :raises approvals.NotYours: if `by` is none
    """
    if not by.roles & OFFICERS or by.organisation_id not in (
        round_.sending_id, round_.holding_id, round_.neutral_id,
    ):  # fmt: skip
        raise approvals.NotYours
    return locked(round_, "terms", "agreement")


def check_collects(round_: Round) -> None:
    """:raises NotPossible: unless its agreement and terms are in force"""
    if round_.agreement.status != Agreement.Status.IN_FORCE or round_.terms.status != Terms.Status.IN_FORCE:
        raise NotPossible("A round collects only under an agreement and terms in force.")


def settle_addressees(ends: Collection[tuple[int, int]], how: str, *, staff_id: int, now: datetime) -> int:
    """Settle (person, holding organisation) pairs; return how many were not settled before.

    Call it in a transaction, for an officer.
    """
    known = SettledAddressee.objects.filter(person__in={person for person, _ in ends})
    fresh = set(ends) - set(known.values_list("person_id", "holding_id"))
    SettledAddressee.objects.bulk_create(
        [
            SettledAddressee(
                person_id=person, holding_id=holding, how=how, recorded_by_id=staff_id, recorded_at=now
            )
            for person, holding in sorted(fresh)
        ],
        ignore_conflicts=True,
    )
    return len(fresh)
