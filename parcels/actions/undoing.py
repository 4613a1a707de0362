"""What a correction restores: the parcel as the movements that still count leave it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection

from parcels.actions import custody
from parcels.lifecycle import HARD_NEWS, Status

if TYPE_CHECKING:
    from parcels.actions.holding import Held


class Counting(NamedTuple):
    """A movement after the first that nothing has undone, and moved the parcel."""

    number: int
    move: str
    from_status: str
    status: str
    organisation_id: int
    public_from: datetime | None
    details: Mapping[str, Any]


_COUNTING: Final = """
SELECT m.parcel_id, m.number, m.move, m.from_status, m.status, m.organisation_id, n.public_from, m.details
  FROM parcels_movement m LEFT JOIN parcels_publication n ON (n.parcel_id, n.number) = (m.parcel_id, m.number)
 WHERE m.parcel_id = ANY(%s) AND m.number > 1 AND m.move NOT IN ('observe', 'correct')
   AND NOT EXISTS (SELECT FROM parcels_movement c WHERE (c.parcel_id, c.corrects) = (m.parcel_id, m.number))
 ORDER BY m.parcel_id, m.number
"""


def counting(parcels: Sequence[int]) -> dict[int, list[Counting]]:
    """Return by parcel the movements that count, in order."""
    found: dict[int, list[Counting]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTING, [list(parcels)])
        for parcel, *row, details in cursor.fetchall():
            # Django's cursor leaves JSON as text.
            found.setdefault(parcel, []).append(Counting._make([*row, json.loads(details)]))
    return found


def packed_into(life: Sequence[Counting]) -> str | None:
    """Return the number of the consignment in which these movements leave the parcel."""
    into: str | None = None
    for each in life:
        if each.move == "pack":
            into = each.details["consignment"]
        elif each.move == "unpack" or (each.move, each.status) == ("find", Status.ACCEPTED):
            into = None
    return into


def restore(held: Held, life: Sequence[Counting], consignments: Mapping[str, int]) -> None:
    """Give back to the parcel who held it, what it weighed and where it was packed before its last move.

    `consignments` are ids by number.
    """
    *before, undone = life
    held.holder = held.gross_mass_g = None
    for each in before:
        held.holder = custody.holder(
            held.round, each.move, Status(each.status), each.details, each.organisation_id, held.holder
        )
        if each.move in ("accept", "amend"):
            held.gross_mass_g = each.details["gross_mass_g"]
    into = packed_into(before)
    held.consignment = consignments[into] if into else None
    if held.held_from == undone.number:
        held.held_from = None


def public_from(held: Held, undone: Counting, number: int, now: datetime) -> datetime | None:
    """Return from when a family may read the correction: never before what it undoes, nor without it."""
    if undone.public_from is None or held.held_from is not None:
        return None
    if held.status in HARD_NEWS:
        held.held_from = number
        return None
    return max(now, undone.public_from)


_CONSIGNMENTS: Final = """
UPDATE parcels_consignment c
   SET status = CASE WHEN went.handed_over THEN 'handed_over' WHEN went.dispatched THEN 'dispatched'
                     ELSE 'sealed' END,
       terms_id = CASE WHEN went.dispatched OR went.handed_over THEN c.terms_id END
  FROM (SELECT of.id, bool_or(m.move = 'dispatch') AS dispatched, bool_or(m.move = 'hand_over') AS handed_over
          FROM unnest(%s::bigint[]) AS of (id)
          LEFT JOIN parcels_parcel p ON p.consignment_id = of.id
          LEFT JOIN parcels_movement m ON m.parcel_id = p.id AND m.move IN ('dispatch', 'hand_over')
               AND m.number > (SELECT max(l.number) FROM parcels_movement l
                                WHERE l.parcel_id = p.id AND l.move = 'pack')
               AND NOT EXISTS (SELECT FROM parcels_movement c
                                WHERE (c.parcel_id, c.corrects) = (m.parcel_id, m.number))
         GROUP BY of.id) AS went
 WHERE c.id = went.id AND c.status IN ('dispatched', 'handed_over')
"""


def restore_consignments(ids: Sequence[int]) -> None:
    """Bring them back to where the movements of their parcels that still count have brought them."""
    with connection.cursor() as cursor:
        cursor.execute(_CONSIGNMENTS, [list(ids)])
