"""The log of movements, as the sequencer and those who verify know it."""

from __future__ import annotations

from typing import Final

from parcels.custody_log.leaf import COLUMNS, leaf_of
from people import sealing
from people.sealing import Head, Tree

CUSTODY: Final = Tree(
    log="custody",
    rows="parcels_movement e JOIN parcels_parcel p ON p.id = e.parcel_id",
    columns=COLUMNS,
    tables="parcels_custody",
    entry="movement",
    leaf=leaf_of,
    erased="EXISTS (SELECT FROM people_erasure x WHERE x.person_id IN (p.sender_id, p.recipient_id))",
    misplaced="e.number > p.last_number",
    names="'movement ' || e.number || ' of ' || p.number",
    keeps_nodes=True,
)


def heads_since(size: int) -> list[Head]:
    """Return the heads of a larger log than this, the oldest first: what partners have not been told yet."""
    return sealing.read_heads(CUSTODY, "WHERE size > %s ORDER BY size", [size])
