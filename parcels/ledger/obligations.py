"""What is owed under an agreement and overdue: by whom, and since which day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Min

from exchanges.models import Round
from parcels import access
from parcels.ledger.parcels import under
from parcels.ledger.shapes import Obligation, Scope
from parcels.lifecycle import Status

_OVER: Final = (Round.Status.CLOSED, Round.Status.HANDED_OVER, Round.Status.REPORTED)
_LEFT: Final = (
    Status.DISPATCHED, Status.WITH_INTERMEDIARY, Status.HANDED_OVER, Status.ADMITTED, Status.RECEIVED,
    Status.CONFIRMED, Status.UNDELIVERABLE, Status.RETURNING, Status.RETURNED, Status.MISSING, Status.LOST,
)  # fmt: skip


def of_parcels(scope: Scope) -> Iterable[Obligation]:
    """What has left and waits for somebody's word longer than the terms foresee."""
    waiting = (
        access.parcels(scope.actor, scope.now)
        .filter(under(scope), overdue_since__isnull=False)
        .order_by()
        .values_list("round", "seen_status")
        .annotate(many=Count("pk"), since=Min("overdue_since"))
    )
    rounds = {each.pk: each for each in scope.rounds}
    for round_id, status, many, since in waiting:
        round_ = rounds[round_id]
        if said := _owed(round_, status):
            what, owed_by = said
            on = since.astimezone(ZoneInfo(round_.sending.time_zone)).date()
            yield Obligation(what, owed_by, round_.reference, many, on)


def _owed(round_: Round, status: str) -> tuple[str, str] | None:
    between = round_.neutral.code if round_.neutral else round_.holding.code
    match status:
        case Status.DISPATCHED | Status.WITH_INTERMEDIARY:
            return "word that parcels were handed over", between
        case Status.HANDED_OVER | Status.ADMITTED:
            return "word that parcels were received", round_.holding.code
        case Status.UNDELIVERABLE:
            return "parcels that could not be delivered, back", round_.holding.code
    return None


def of_rounds(scope: Scope) -> Iterable[Obligation]:
    """Lists promised for a day that has passed, rounds past their last day, what is short of the target."""
    left = dict(
        access.parcels(scope.actor, scope.now)
        .filter(round__in=list(scope.rounds), seen_status__in=_LEFT, consignment__isnull=False)
        .order_by()
        .values_list("round")
        .annotate(count=Count("pk"))
    )
    for each in scope.rounds:
        if each.agreement_id != scope.agreement.pk:
            continue
        today = scope.now.astimezone(ZoneInfo(each.sending.time_zone)).date()
        yield from _of_round(each, today, left.get(each.pk, 0))


def _of_round(round_: Round, today: date, left: int) -> Iterable[Obligation]:
    def owes(what: str, by: str, many: int, due_on: date) -> Obligation:
        return Obligation(what, by, round_.reference, many, due_on)

    if round_.status == Round.Status.AGREED and round_.opens_on <= today:
        for end in (round_.sending.code, round_.holding.code):
            yield owes("its list of prisoners", end, 1, round_.opens_on)
    if round_.status == Round.Status.COLLECTING and round_.closes_on < today:
        yield owes("to close the round", round_.sending.code, 1, round_.closes_on)
    if round_.status in _OVER and left < round_.target:
        yield owes("parcels short of the target", round_.sending.code, round_.target - left, round_.closes_on)
    if round_.status == Round.Status.HANDED_OVER:
        yield owes("its report on the round", round_.holding.code, 1, round_.closes_on)
