"""What the database itself refuses about the custody log, as SQL."""

from typing import Final

from people.guard import append_only

_COLUMNS: Final = """
CREATE INDEX movement_in_order ON parcels_movement (xact, id);
ALTER TABLE parcels_custodyhead ADD COLUMN below xid8 NOT NULL;
"""

ALL: Final = _COLUMNS + "".join(
    append_only(f"parcels_custody{table}") for table in ("leaf", "salt", "node", "head", "check")
)
