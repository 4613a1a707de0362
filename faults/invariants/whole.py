"""The product as a whole: nothing left behind or gone, one run a slot, nobody holding a lock for ever."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from faults.invariants.legal import ENDED

Connection = psycopg.Connection[Any]
_PERIODS: Final = {"sweep": 15, "deadlines": 60, "purge": 900, "tidy": 3600, "reconcile": 300}
_STATUSES: Final = "SELECT status, count(*) FROM parcels_parcel GROUP BY status"


def left_due(connection: Connection, poison: Collection[str]) -> Iterator[str]:
    """Yield what should long have been done."""
    for number, since in connection.execute(
        "SELECT number, status_since FROM parcels_parcel WHERE status = 'accepted' AND number <> ALL(%s)",
        [list(poison)],
    ):
        yield f"{number}: not screened since {since:%H:%M:%S}"
    for kind, size, attempts in connection.execute(
        "SELECT kind, cardinality(ids), attempts FROM parcels_batch"
    ):
        yield f"a share of {size} for {kind} is left, tried {attempts} times"
    for number, told in connection.execute(_OBSERVED_AND_LEGAL):
        yield f"{number}: {told} was observed, is legal by now, and was not followed"


# The one late fact that partners send: an admission that was scanned before the hand-over came in.
_OBSERVED_AND_LEGAL: Final = """
SELECT p.number, m.details ->> 'move' FROM parcels_parcel p JOIN parcels_movement m ON m.parcel_id = p.id
 WHERE p.status = 'handed_over' AND m.move = 'observe' AND m.details ->> 'move' = 'admit'
   AND NOT EXISTS (SELECT FROM parcels_movement later WHERE later.parcel_id = p.id AND later.number > m.number
                                                        AND later.move NOT IN ('observe', 'hand_over'))
"""


def unfinished(stories: Collection[str], finished: Collection[str]) -> Iterator[str]:
    for story in sorted(set(stories) - set(finished)):
        yield f"{story}: did not come to its end"


def badly_quarantined(connection: Connection, poison: Collection[str]) -> Iterator[str]:
    """Yield who is set aside though well, and who kills every worker and is not."""
    rows = connection.execute(
        "SELECT q.kind, p.number FROM parcels_quarantine q JOIN parcels_parcel p ON p.id = q.parcel_id"
    )
    found = set(rows.fetchall())
    for kind, number in sorted(found - {("screen", number) for number in poison}):
        yield f"{number}: set aside by {kind}, and nothing is wrong with it"
    for number in sorted(set(poison) - {number for _, number in found}):
        yield f"{number}: kills every worker, and is not set aside"


def not_conserved(connection: Connection) -> Iterator[str]:
    """In = ended + still on its way, for all; what was put into a consignment is in it; it left whole."""
    by_status = dict(connection.execute(_STATUSES).fetchall())
    (declared,) = connection.execute(
        "SELECT count(*) FROM parcels_movement WHERE move = 'register'"
    ).fetchone() or (0,)
    ended = sum(count for status, count in by_status.items() if status in ENDED)
    open_ = sum(count for status, count in by_status.items() if status not in ENDED)
    if declared != ended + open_:
        yield f"{declared} were declared, {ended} came to an end and {open_} are on their way"
    for number, into in connection.execute(_NOT_WHERE_PACKED):
        yield f"{number}: last packed into {into}, and it is not there"
    for consignment, count in connection.execute(_TORN):
        yield f"{consignment}: has left, {count} of its parcels have not"


_NOT_WHERE_PACKED: Final = """
SELECT p.number, last.into FROM parcels_parcel p
  JOIN LATERAL (SELECT m.move, m.details ->> 'consignment' AS into FROM parcels_movement m
                 WHERE m.parcel_id = p.id AND m.move IN ('pack', 'unpack')
                   AND NOT EXISTS (SELECT FROM parcels_movement c
                                    WHERE c.parcel_id = p.id AND c.corrects = m.number)
                 ORDER BY m.number DESC LIMIT 1) AS last ON last.move = 'pack'
  LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
 WHERE c.number IS DISTINCT FROM last.into
"""
_TORN: Final = """
SELECT c.number, count(*) FROM parcels_consignment c JOIN parcels_parcel p ON p.consignment_id = c.id
 WHERE c.status IN ('dispatched', 'handed_over') AND p.status = 'packed' GROUP BY c.number
"""


def ticks_doubled(connection: Connection) -> Iterator[str]:
    for schedule, slot, count in connection.execute(
        "SELECT schedule, slot, count(*) FROM parcels_tick GROUP BY schedule, slot HAVING count(*) > 1"
    ):
        yield f"{schedule} at {slot:%H:%M:%S}: {count} runs"


def ticks_out_of_time(seen: Path) -> Iterator[str]:
    """Yield each run whose slot is not that of the time at which it was taken, by the database's clock."""
    for line in seen.read_text().splitlines():
        told = json.loads(line)
        slot, before, at = (datetime.fromisoformat(told[key]) for key in ("slot", "seen_after", "seen_at"))
        period = timedelta(seconds=_PERIODS.get(told["schedule"], 3600))
        if slot > at or slot < before - 2 * period or slot.timestamp() % period.total_seconds():
            yield f"{told['schedule']} at {slot:%H:%M:%S}: taken between {before:%H:%M:%S} and {at:%H:%M:%S}"


def held_up(connection: Connection) -> Iterator[str]:
    for pid, what in connection.execute(
        "SELECT pid, state FROM pg_stat_activity WHERE usename = 'lifeline_app' AND ("
        " (state LIKE 'idle in transaction%%' AND state_change < clock_timestamp() - interval '5 seconds')"
        " OR (wait_event_type = 'Lock' AND state_change < clock_timestamp() - interval '5 seconds'))",
        [],
    ):
        yield f"backend {pid} has been {what or 'waiting'} for over five seconds"
