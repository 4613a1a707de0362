"""Acts of care around a parcel: hard news, freezing, and what only two officers do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from parcels import receipt_codes
from parcels.actions.advance import advance, observe
from parcels.actions.steps import Refused, Step
from parcels.actions.telling import as_json
from parcels.lifecycle import MOVES, OBSERVE, missing_details
from parcels.models import Movement, Parcel, Publication
from people import approvals
from people.access import withheld_event
from people.actors import OFFICERS, Actor
from people.models import Approval, SituationEvent

TWO_OFFICER_MOVES: Final = ("dispose", "write_off", "correct")
UNFREEZE: Final = "unfreeze"
REISSUE: Final = "reissue"


def release_news(number: str, *, by: Actor, now: datetime) -> int:
    """Let the family read the hard news and what waited with it; return how many movements.

    A liaison does it, after a call where one is due. What has its own delay still waits for that.

    :raises Refused: not-permitted, unknown-parcel, or not-now where nothing is held, or it is kept from them.
    """
    if "liaison" not in by.roles:
        raise Refused("not-permitted")
    with transaction.atomic():
        parcel = _mine(number, by)
        # The families are the sending office's; and the holding side would release what it may not read.
        if by.organisation_id != parcel.round.sending_id:
            raise Refused("not-permitted")
        if parcel.held_from is None:
            raise Refused("not-now", "No news is held.")
        delay = timedelta(days=parcel.terms.public_delay_days)
        waiting = parcel.movements.filter(number__gte=parcel.held_from).exclude(move__in=(OBSERVE, "recheck"))
        undone = parcel.movements.filter(corrects__gte=parcel.held_from).values_list("corrects", flat=True)
        waiting = waiting.exclude(number__in=list(undone)).exclude(corrects__gte=parcel.held_from)
        if _is_kept_back(waiting):
            raise Refused("not-now", "What it tells is kept from the family. Two officers let it go first.")
        left = parcel.consignment_id is not None
        Publication.objects.bulk_create(
            Publication(
                parcel=parcel,
                number=movement.number,
                public_from=max(now, movement.recorded_at + delay)
                if left and movement.number != parcel.held_from
                else now,
                released_by_id=by.staff_id,
            )
            for movement in waiting
        )
        count = waiting.count()
        Parcel.objects.filter(pk=parcel.pk).update(held_from=None)
        return count


def _is_kept_back(movements: QuerySet[Movement]) -> bool:
    """Whether one of them tells of an event that is kept from the family (GC IV art. 137)."""
    events = [each["event"] for each in movements.values_list("details", flat=True) if "event" in each]
    return SituationEvent.objects.filter(withheld_event(), pk__in=events).exists()


def freeze(number: str, *, by: Actor, now: datetime) -> None:
    """Stop decisions on a parcel. Facts stay open; two officers release it.

    :raises Refused: not-permitted or unknown-parcel.
    """
    if not by.roles & OFFICERS:
        raise Refused("not-permitted")
    with transaction.atomic():
        _mine(number, by)
        observe([number], "freeze", by=by, now=now)
        Parcel.objects.filter(number=number).update(frozen=True)


def propose(number: str, act: str, *, by: Actor, now: datetime, details: Mapping[str, Any]) -> Approval:
    """Propose one of the acts of two officers: dispose, write_off, correct, unfreeze, reissue.

    :raises Refused: unknown-parcel, missing-detail, or illegal-move where it could not be carried out now.
    :raises approvals.NotYours: if `by` is no officer.
    :raises approvals.NotOpen: if the same is proposed already.
    """
    parcel = _mine(number, by, lock=False)
    if act in TWO_OFFICER_MOVES:
        move = MOVES[act]
        if missing := missing_details(move, details):
            raise Refused("missing-detail", ", ".join(missing))
        as_json(details)
        if move.sources and parcel.status not in move.sources:
            raise Refused("illegal-move", f"{act} from {parcel.status}")
    elif act == UNFREEZE and not parcel.frozen:
        raise Refused("not-now", "It is not frozen.")
    elif act not in (UNFREEZE, REISSUE):
        raise Refused("validation", "act")
    return approvals.propose("parcel", parcel.pk, act, by=by, details=details, now=now)


@approvals.carries_out("dispose")
@approvals.carries_out("write_off")
@approvals.carries_out("correct", across=True)
def _move(approval: Approval, by: Actor, now: datetime) -> None:
    number = Parcel.objects.values_list("number", flat=True).get(pk=approval.subject)
    details = {**approval.details, "approval": approval.pk}
    (result,) = advance([Step(number, approval.act, now, details=details)], by=by, now=now)
    if result.problem:
        raise Refused(result.problem, result.detail)


@approvals.carries_out(UNFREEZE)
def _unfreeze(approval: Approval, by: Actor, now: datetime) -> None:
    parcel = Parcel.objects.get(pk=approval.subject)
    observe([parcel.number], UNFREEZE, by=by, now=now, details={"approval": approval.pk})
    Parcel.objects.filter(pk=parcel.pk).update(frozen=False)


@approvals.carries_out(REISSUE)
def _reissue(approval: Approval, by: Actor, now: datetime) -> None:
    """Give the family a new receipt code; the old one is dead at once."""
    parcel = Parcel.objects.get(pk=approval.subject)
    observe([parcel.number], REISSUE, by=by, now=now, details={"approval": approval.pk})
    Parcel.objects.filter(pk=parcel.pk).update(**receipt_codes.new()._asdict())


def _mine(number: str, by: Actor, *, lock: bool = True) -> Parcel:
    rows = Parcel.objects.select_for_update(of=("self",)) if lock else Parcel.objects
    parcel = rows.select_related("round__terms", "consignment__terms").filter(number=number).first()
    if parcel is None or by.organisation_id not in (
        parcel.round.sending_id,
        parcel.round.neutral_id,
        parcel.round.holding_id,
    ):
        raise Refused("unknown-parcel")
    return parcel
