"""Whom a version of terms touches once it is in force: how many parcels, where, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from django.db.models import Case, Count, F, Q, Value, When

from exchanges.actions import followers
from exchanges.models import Terms
from parcels.lifecycle import Status
from parcels.models import Parcel

SCREENED: Final = "screened under it when they are taken in"
AGAIN: Final = "screened again"
UNPACKED: Final = "unpacked and screened again"
LISTED: Final = "on the dispatcher's list, and may leave as they are"
STOPPED: Final = "on the dispatcher's list, and do not leave before they are screened again"
STAY: Final = "stay as they are"
LEFT: Final = "have left or ended: finish under the terms they left with"
ON_RELEASE: Final = "frozen: the same, once two officers release them"
TOUCHED: Final = frozenset({SCREENED, AGAIN, UNPACKED, LISTED, STOPPED, ON_RELEASE})

_HERE: Final = (
    Status.REGISTERED, Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED, Status.CLEARED, Status.PACKED,
)  # fmt: skip


class Row(NamedTuple):
    """So many parcels of one round; `status` is empty for those that are not here any more."""

    round: str
    status: str
    fate: str
    parcels: int


def touched(terms: Terms, rounds: Collection[int]) -> list[Row]:
    """Count the parcels of these rounds that go on under `terms` when they come into force."""
    parcels = Parcel.objects.filter(
        round__in=rounds, round__agreement=terms.agreement_id, round__status__in=followers(terms)
    )
    counted = (
        parcels.annotate(
            here=Case(When(status__in=_HERE, then=F("status")), default=Value("")),
            in_open=Q(consignment__status="open"),
        )
        .order_by("round__opens_on", "round__reference")
        .values_list("round__reference", "here", "in_open", "frozen")
        .annotate(count=Count("pk"))
    )
    rows: dict[tuple[str, str, str], int] = {}
    for reference, status, in_open, frozen, count in counted:
        key = reference, status, fate(terms.touches, status, in_open=bool(in_open), frozen=frozen)
        rows[key] = rows.get(key, 0) + count
    order = ["registered", "accepted", "in_review", "refused", "cleared", "packed", ""]
    places = {reference: place for place, (reference, _, _) in reversed(list(enumerate(rows)))}
    return [
        Row(*key, rows[key])
        for key in sorted(rows, key=lambda key: (places[key[0]], order.index(key[1]), key[2]))
    ]


def fate(touches: str, status: str, *, in_open: bool, frozen: bool) -> str:
    """Return what becomes of a parcel with this status, `in_open` if it is packed in an open consignment."""
    if not status:
        return LEFT
    if status in (Status.REGISTERED, Status.ACCEPTED):
        return SCREENED
    if touches == Terms.Touches.NEW_INTAKES:
        return STAY
    if frozen:
        return ON_RELEASE
    if status != Status.PACKED:
        return AGAIN
    if in_open:
        return UNPACKED
    return STOPPED if touches == Terms.Touches.NOT_DISPATCHED else LISTED
