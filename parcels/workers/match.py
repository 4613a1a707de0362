"""Whoever was recorded is looked for among all others, afterwards: who declares or imports never waits.

One at a time, so that of two who come at once each pair is looked at by one of them. An office reads its own
records, and the addressees of parcels in its rounds.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db import Error, connection

from parcels.workers import batches
from parcels.workers.batches import Stop, Work
from people import matching

# The database keeps an index of these alone.
UNMATCHED: Final = "u.matched_at IS NULL AND u.kind <> 'sender'"
_DUE: Final = f"SELECT u.id FROM people_person u WHERE {UNMATCHED}"
_LOCK: Final = "hashtext('people.match'), 0"


def drain(stop: Stop) -> int:
    """Return how many were matched; none where a colleague is at it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
        (mine,) = cursor.fetchone()
    if not mine:
        return 0
    try:
        return batches.drain(WORK, stop)
    finally:
        with suppress(Error), connection.cursor() as cursor:  # without a connection there is no lock either
            cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})")


def match(ids: list[int], now: datetime) -> None:
    matching.match_people(ids, shown=_shown, now=now)


WORK: Final = Work("match", _DUE, match, of="person")

_SHOWN: Final = """
SELECT t.person, t.office FROM unnest(%s::bigint[], %s::bigint[]) AS t (person, office)
 WHERE EXISTS (SELECT FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id
                WHERE p.recipient_id = t.person AND t.office IN (r.sending_id, r.holding_id, r.neutral_id))
"""


def _shown(asked: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [[person for person, _ in asked], [office for _, office in asked]])
        return set(cursor.fetchall())
