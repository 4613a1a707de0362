"""Whose word a movement is, and who holds the parcel after it."""

from __future__ import annotations

from collections.abc import Mapping

from exchanges.models import Round
from parcels.lifecycle import MOVES, TAKES_CUSTODY, Kind, Status


def speaker(round_: Round, move: str, details: Mapping[str, object], recorder: int) -> int:
    """Return the organisation whose word it is: the recorder's own, or the one on whose behalf it is."""
    code = details.get("on_behalf_of")
    if not code or MOVES[move].kind is not Kind.FACT:
        return recorder
    return codes(round_).get(str(code), recorder)


def codes(round_: Round) -> dict[str, int]:
    """Return the ids of the round's organisations by their codes."""
    ends = (round_.sending, round_.neutral, round_.holding)
    return {end.code: end.pk for end in ends if end is not None}


def holder(
    round_: Round,
    move: str,
    status: Status,
    details: Mapping[str, object],
    recorder: int,
    before: int | None,
) -> int | None:
    """Return the organisation that has the parcel after this movement; `before` had it."""
    if move not in TAKES_CUSTODY:
        return before
    match status:
        case Status.ACCEPTED:
            return round_.sending_id
        case Status.WITH_INTERMEDIARY:
            return round_.neutral_id
        case Status.HANDED_OVER | Status.ADMITTED:
            return round_.holding_id
    return speaker(round_, move, details, recorder)
