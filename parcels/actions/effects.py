"""What a move does beyond the status: custody, mass, publication, the consignment, lines taken out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from parcels.actions import custody, lines, undoing
from parcels.actions.surroundings import Surroundings
from parcels.actions.writing import Made
from parcels.lifecycle import CORRECT, HARD_NEWS, OBSERVE, PUBLIC_TOGETHER, Status
from people import approvals

# A recheck shows to families only by its result, and an observation moves nothing.
_NEVER_PUBLIC: Final = frozenset({OBSERVE, "recheck"})


def apply(made: Made, now: datetime, around: Surroundings) -> None:
    """Write what `made` means into the held parcel and decide from when it is public."""
    held = made.held
    held.last_number += 1
    made.number = held.last_number
    held.changed = True
    if made.move == OBSERVE:
        return
    held.status = made.status
    held.since = now
    if made.move == CORRECT:
        _undo(made, now, around)
        return
    held.holder = custody.holder(
        held.round, made.move, made.status, made.details, made.by.organisation_id, held.holder
    )
    if "gross_mass_g" in made.details and made.move in ("accept", "amend"):
        held.gross_mass_g = made.details["gross_mass_g"]
    if made.move == "pack":
        held.consignment = around.consignments[str(made.details["consignment"])].pk
    made.public_from = _public_from(made, now)
    opened = around.by_id.get(held.consignment or 0)
    if made.move == "unpack" and opened and opened.status == "sealed":
        around.resealed[opened.pk] = made.details["new_seal"]
    if made.move == "unpack" or (made.move == "find" and made.status == Status.ACCEPTED):
        held.consignment = None


def _undo(made: Made, now: datetime, around: Surroundings) -> None:
    life = around.life[made.held.id]
    ids = {number: consignment.pk for number, consignment in around.consignments.items()}
    undoing.restore(made.held, life, ids)
    made.public_from = undoing.public_from(made.held, life[-1], made.number, now)


def _public_from(made: Made, now: datetime) -> datetime | None:
    """Return from when a family may read the movement, or None while a liaison has not released it."""
    held = made.held
    if made.move in _NEVER_PUBLIC:
        return None
    if held.held_from is None and (made.status in HARD_NEWS or "situation" in made.details):
        held.held_from = made.number
    if held.held_from is not None:
        return None
    if held.left():
        return now + timedelta(days=held.public_delay_days)
    return now


_NEWS: Final = """
INSERT INTO parcels_consignmentnews AS n (consignment_id, move, public_from)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT (consignment_id, move) DO UPDATE SET public_from = CASE
    WHEN EXISTS (SELECT FROM parcels_parcel p JOIN parcels_movement m ON m.parcel_id = p.id
                  WHERE p.consignment_id = n.consignment_id AND m.move = n.move
                    AND m.number > (SELECT max(l.number) FROM parcels_movement l
                                     WHERE l.parcel_id = p.id AND l.move = 'pack')
                    AND NOT EXISTS (SELECT FROM parcels_movement c
                                     WHERE (c.parcel_id, c.corrects) = (m.parcel_id, m.number)))
    THEN n.public_from ELSE EXCLUDED.public_from END
RETURNING consignment_id, move, public_from
"""
_CORRECTED: Final = """
SELECT m.parcel_id, max(n.public_from)
  FROM parcels_movement m JOIN parcels_publication n ON (n.parcel_id, n.number) = (m.parcel_id, m.number)
 WHERE m.parcel_id = ANY(%s) AND m.move = 'correct' GROUP BY m.parcel_id
"""


def settle_news(made: list[Made], now: datetime) -> None:
    """Give dispatch, entrust and hand_over one public day a consignment: that of its first movement.

    The first that still counts: one that was undone did not happen, and its day would tell the real one too
    early. What was published stays, and no parcel's news is older than its last correction.
    """
    # One that was sent back, lost and found on the way travels in no consignment.
    together = [
        each
        for each in made
        if each.move in PUBLIC_TOGETHER and each.public_from and each.held.consignment is not None
    ]
    if not together:
        return
    asked = {(each.held.consignment, each.move): each.public_from for each in together}
    with connection.cursor() as cursor:
        cursor.execute(
            _NEWS,
            [[c for c, _ in asked], [m for _, m in asked], list(asked.values())],
        )
        days = {(consignment, move): day for consignment, move, day in cursor.fetchall()}
        cursor.execute(_CORRECTED, [[each.held.id for each in together]])
        corrected = dict(cursor.fetchall())
    for each in together:
        day = days[each.held.consignment, each.move]
        each.public_from = max(day, corrected.get(each.held.id, day))


def after(made: list[Made], around: Surroundings, now: datetime) -> None:
    """Change what hangs on the parcels: consignments, lines, open votes. One statement a kind."""
    left = {each.move for each in made}
    _consignments(made, around, left)
    if left & lines.MOVES_ON_LINES:
        lines.change([each for each in made if each.move in lines.MOVES_ON_LINES])
    if CORRECT in left:
        _after_undoing([each for each in made if each.move == CORRECT], around)
    reviewed = [
        each.held.id for each in made if each.from_status == Status.IN_REVIEW and each.move != OBSERVE
    ]
    if reviewed:
        approvals.void("parcel", reviewed, "review", now=now)


def _consignments(made: list[Made], around: Surroundings, moves: set[str]) -> None:
    for move, status in (("dispatch", "dispatched"), ("hand_over", "handed_over")):
        if move in moves:
            went = {each.held.consignment: each.held.round for each in made if each.move == move}
            for pk, round_ in went.items():
                if pk is not None:
                    consignment = around.by_id[pk]
                    consignment.status = status
                    # It finishes under the terms it leaves with.
                    consignment.terms_id = consignment.terms_id or round_.terms_id
                    consignment.save(update_fields=["status", "terms"])
    # A step that was taken back left its word there.
    opened = {each.left_consignment for each in made if each.move == "unpack"}
    for pk, seal in around.resealed.items():
        if pk in opened:
            around.by_id[pk].seal = seal
            around.by_id[pk].save(update_fields=["seal"])


def _after_undoing(made: list[Made], around: Surroundings) -> None:
    left = {each.left_consignment for each in made} - {None}
    undoing.restore_consignments([pk for pk in left if pk is not None])
    lines.put_back((each.held.id, around.life[each.held.id][-1]) for each in made)
