"""What one organisation may read of the log: which movements, and which parts of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from parcels import access
from parcels.access import Relation
from parcels.custody_log.leaf import COLUMNS, parted, salt_of
from parcels.custody_log.tree import CUSTODY
from parcels.models import Movement
from people.actors import OFFICERS, Actor


@dataclass(frozen=True)
class Leaf:
    """A leaf as it is kept; without a secret it was erased, and stands for itself alone."""

    index: int
    movement: int
    hash: bytes
    secret: bytes | None
    row: Sequence[Any]


_LEAVES: Final = f"""
SELECT l.index, l.movement, l.hash, s.salt, {COLUMNS}
  FROM parcels_custodyleaf l
  LEFT JOIN parcels_custodysalt s ON s.index = l.index
  LEFT JOIN {CUSTODY.rows} ON e.id = l.movement
"""


def leaves(first: int, count: int) -> list[Leaf]:
    """Return the leaves from place `first` on."""
    return _read("WHERE l.index >= %s AND l.index < %s ORDER BY l.index", [first, first + count])


def leaf_of_movement(movement: int) -> Leaf | None:
    return next(iter(_read("WHERE l.movement = %s", [movement])), None)


def opened(found: Iterable[Leaf], *, by: Actor, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield each leaf as `by` may read it: the movement with salts, or its hash alone, a commitment."""
    found = list(found)
    keys = [leaf.movement for leaf in found if leaf.secret is not None]
    seen = {
        movement.pk: movement
        for rows in access.logged(by, now)
        for movement in rows.filter(pk__in=keys).select_related("parcel__round")
    }
    for leaf in found:
        movement = seen.get(leaf.movement)
        if movement is None or leaf.secret is None:
            yield {"index": leaf.index, "leaf": leaf.hash.hex()}
        else:
            yield _opened(leaf, leaf.secret, parts_for(by, movement))


def _opened(leaf: Leaf, secret: bytes, parts: frozenset[str]) -> dict[str, Any]:
    whole = parted(leaf.row, secret)
    return {
        "index": leaf.index,
        "salt": salt_of(secret).hex(),
        "entry": whole.entry,
        "parts": {
            part: {"salt": salt_of(secret, part).hex(), "told": whole.parts[part]} for part in sorted(parts)
        },
    }


def parts_for(actor: Actor, movement: Movement) -> frozenset[str]:
    """Return the parts that `actor` may read of a movement; `kept` nobody may."""
    seen = access.sight(actor, movement.parcel)
    is_own = movement.organisation_id == actor.organisation_id
    parts = set()
    # A number after a gap would tell the holding side of what it is spared.
    if seen.relation is not Relation.HOLDING:
        parts.add("number")
    if is_own:
        parts.add("own")
    # What became of the addressee is the sending office's to tell, and its officers' to read.
    is_of_addressee = "situation" in movement.details
    if (is_own or (seen.contents and not is_of_addressee)) and (
        not is_of_addressee or actor.roles & OFFICERS
    ):
        parts.add("contents")
    if seen.route:
        parts.add("route")
    return frozenset(parts)


def _read(which: str, values: Sequence[int]) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(_LEAVES + which, values)
        return [
            Leaf(index, movement, bytes(leaf), bytes(secret) if secret is not None and row[0] else None, row)
            for index, movement, leaf, secret, *row in cursor.fetchall()
        ]
