"""By which transaction rows were written that partners are told of, as SQL.

Movements and releases are taken up in the order of their transactions, once every earlier one has ended: what
commits late is not missed. A release alone is a row of its own; else publications are written with movements.
"""

from typing import Final

from parcels.erasure_guard import FUNCTIONS

FEEDS: Final = """
ALTER TABLE parcels_publication ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX publication_released ON parcels_publication (xact, id) WHERE released_by_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS movement_in_order ON parcels_movement (xact, id);
ALTER TABLE parcels_feed ADD COLUMN xact xid8 NOT NULL;
INSERT INTO parcels_feed (name, row, xact)
SELECT name, 0, pg_snapshot_xmin(pg_current_snapshot()) FROM unnest(ARRAY['movement', 'release']) AS name;
INSERT INTO parcels_outbox (parcel_id, look_at)
SELECT DISTINCT parcel_id, public_from FROM parcels_publication WHERE public_from > clock_timestamp();
"""

# How long deliveries are kept, and what takes them away: as everything that is purged.
KEPT: Final = f"""
{FUNCTIONS}
INSERT INTO people_retentionperiod (rule, days)
SELECT 'deliveries', 30 WHERE NOT EXISTS (SELECT FROM people_retentionperiod WHERE rule = 'deliveries');
"""

ALL: Final = FEEDS + KEPT
