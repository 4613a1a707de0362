"""Each parcel's history by itself: legal, numbered, in custody without a gap, in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

import psycopg

from faults.invariants import legal

# Two requests may overtake each other between looking at the clock and getting the parcel.
_SLACK: Final = timedelta(seconds=120)
_GIVER: Final[Mapping[str, str]] = {
    **dict.fromkeys(legal.WITH_SENDING, "sending"),
    "with_intermediary": "neutral",
    "handed_over": "holding",
    "admitted": "holding",
}


class Movement(NamedTuple):
    parcel: str
    number: int
    before: str | None
    move: str
    after: str
    speaker: str
    corrects: int | None
    recorded_at: datetime


class Parcel(NamedTuple):
    status: str
    last_number: int
    holder: str


_MOVEMENTS: Final = """
SELECT p.number, m.number, m.from_status, m.move, m.status,
       CASE m.organisation_id WHEN r.sending_id THEN 'sending' WHEN r.neutral_id THEN 'neutral'
                              WHEN r.holding_id THEN 'holding' ELSE '' END,
       m.corrects, m.recorded_at
  FROM parcels_movement m JOIN parcels_parcel p ON p.id = m.parcel_id
  JOIN exchanges_round r ON r.id = p.round_id
 ORDER BY p.id, m.number
"""
_PARCELS: Final = """
SELECT p.number, p.status, p.last_number,
       CASE p.holder_id WHEN r.sending_id THEN 'sending' WHEN r.neutral_id THEN 'neutral'
                        WHEN r.holding_id THEN 'holding' ELSE '' END
  FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id
"""


class Histories(NamedTuple):
    parcels: Mapping[str, Parcel]
    movements: Mapping[str, Sequence[Movement]]


def read(connection: psycopg.Connection[Any]) -> Histories:
    rows = [Movement(*row) for row in connection.execute(_MOVEMENTS)]
    by_parcel = {number: list(mine) for number, mine in groupby(rows, key=lambda each: each.parcel)}
    parcels = {number: Parcel(*rest) for number, *rest in connection.execute(_PARCELS)}
    return Histories(parcels, by_parcel)


def illegal(histories: Histories) -> Iterator[str]:
    for mine in histories.movements.values():
        for each in mine:
            if not legal.is_legal(each.before, each.move, each.after):
                yield f"{each.parcel}: {each.number}. {each.move} from {each.before} to {each.after}"
        for before, after in pairwise(mine):
            if before.after != after.before:
                yield f"{after.parcel}: {after.number}. starts at {after.before}, not at {before.after}"


def statuses_apart(histories: Histories) -> Iterator[str]:
    for number, parcel in histories.parcels.items():
        mine = histories.movements.get(number, [])
        if not mine:
            yield f"{number}: no movement"
        elif (parcel.status, parcel.last_number) != (mine[-1].after, mine[-1].number):
            yield f"{number}: {parcel.status}, its last movement says {mine[-1].after}"


def misnumbered(histories: Histories) -> Iterator[str]:
    for number, mine in histories.movements.items():
        if [each.number for each in mine] != list(range(1, len(mine) + 1)):
            yield f"{number}: numbered {[each.number for each in mine]}"


def custody_broken(histories: Histories) -> Iterator[str]:
    for number, parcel in histories.parcels.items():
        mine = histories.movements.get(number, [])
        undone = {each.corrects for each in mine if each.corrects}
        holder = ""
        for each in mine:
            if each.number in undone or each.move in ("observe", "correct"):
                continue
            giver = _GIVER.get(each.before or "", holder)
            if giver != holder:
                had = holder or "nobody"
                yield f"{number}: {each.number}. {each.move} takes it from {giver}, {had} had it"
            holder = legal.holder_after(each.move, each.after, holder, each.speaker)
        if parcel.holder != holder:
            yield f"{number}: held by {parcel.holder or 'nobody'}, its movements say {holder or 'nobody'}"


def times_run_back(histories: Histories) -> Iterator[str]:
    """Our own times follow one another, whatever the clock of the process that recorded them."""
    for mine in histories.movements.values():
        for before, after in pairwise(mine):
            if after.recorded_at < before.recorded_at - _SLACK:
                yield f"{after.parcel}: {after.number}. {after.move} was recorded before {before.number}."
