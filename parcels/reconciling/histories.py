"""What each parcel should be by its movements, in SQL that shares nothing with the code that moves parcels.

One statement a share of parcels, so that all it compares was so at one moment, whoever moves them meanwhile.
What may follow what is the lifecycle's own table, not the database's copy of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection

from parcels.lifecycle import TAKES_CUSTODY, Status, edges

SHARE: Final = 20_000
"""Parcels a statement: some hundred thousand movements, in a second or two and little memory."""

_EDGES: Final = ", ".join(f"('{source}', '{move}', '{target}')" for source, move, target in edges())
_TAKES: Final = ", ".join(f"'{move}'" for move in sorted(TAKES_CUSTODY))
# Before it was handed in, and where it never was.
_OUTSIDE: Final = f"('{Status.REGISTERED}', '{Status.CANCELLED}')"
_NOT_LEFT: Final = ", ".join(
    f"'{status}'"
    for status in (
        Status.REGISTERED, Status.CANCELLED, Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED,
        Status.CLEARED, Status.PACKED,
    )
)  # fmt: skip

_COMPARE: Final = f"""
WITH edge (from_status, move, status) AS (VALUES {_EDGES}),
p AS (
    SELECT p.id, p.status, p.last_number, p.holder_id, p.consignment_id, p.round_id,
           r.sending_id, r.neutral_id, r.holding_id
      FROM parcels_parcel p LEFT JOIN exchanges_round r ON r.id = p.round_id
     WHERE p.id > %(after)s AND p.id <= %(upto)s
),
m AS MATERIALIZED (
    SELECT m.parcel_id, m.number, m.from_status, m.move, m.status, m.organisation_id, m.corrects,
           m.details ->> 'on_behalf_of' AS behalf, m.details ->> 'consignment' AS consignment,
           row_number() OVER w AS place, lag(m.status) OVER w AS before,
           lead(m.number) OVER w IS NULL AS is_last,
           m.move NOT IN ('observe', 'correct') AND undo.corrects IS NULL AS counts
      FROM parcels_movement m
      LEFT JOIN parcels_movement undo ON (undo.parcel_id, undo.corrects) = (m.parcel_id, m.number)
     WHERE m.parcel_id > %(after)s AND m.parcel_id <= %(upto)s
    WINDOW w AS (PARTITION BY m.parcel_id ORDER BY m.number, m.id)
),
custody AS (
    SELECT c.*, lag(c.taker) OVER w AS giver, lead(c.number) OVER w IS NULL AS is_last_of_it
      FROM (SELECT m.parcel_id, m.number, m.move, m.from_status, p.sending_id, p.neutral_id,
                   CASE m.status WHEN 'accepted' THEN p.sending_id
                                 WHEN 'with_intermediary' THEN p.neutral_id
                                 WHEN 'handed_over' THEN p.holding_id
                                 WHEN 'admitted' THEN p.holding_id
                                 ELSE COALESCE(o.id, m.organisation_id) END AS taker
              FROM m JOIN p ON p.id = m.parcel_id
              LEFT JOIN people_organisation o
                ON o.code = m.behalf AND o.id IN (p.sending_id, p.neutral_id, p.holding_id)
             WHERE m.counts AND m.move IN ({_TAKES})) AS c
    WINDOW w AS (PARTITION BY c.parcel_id ORDER BY c.number)
),
packed AS (
    SELECT DISTINCT ON (m.parcel_id) m.parcel_id, m.number,
           CASE WHEN m.move = 'pack' THEN COALESCE(c.id, 0) END AS consignment_id
      FROM m LEFT JOIN parcels_consignment c ON m.move = 'pack' AND c.number = m.consignment
     WHERE m.counts AND (m.move IN ('pack', 'unpack') OR m.move = 'find' AND m.status = 'accepted')
     ORDER BY m.parcel_id, m.number DESC
)
SELECT 'numbering', parcel_id, NULL::bigint, NULL::bigint, number, place::text, number::text
  FROM m WHERE number <> place
UNION ALL
SELECT 'path', m.parcel_id, NULL, NULL, m.number,
       'from ' || COALESCE(m.before, 'nothing'),
       COALESCE(m.from_status || ': ', '') || m.move || ' to ' || m.status
  FROM m LEFT JOIN edge USING (from_status, move, status)
 WHERE CASE WHEN m.place = 1
            THEN m.from_status IS NOT NULL OR (m.move, m.status) <> ('register', 'registered')
            ELSE edge.move IS NULL OR m.from_status <> m.before END
UNION ALL
SELECT 'path', m.parcel_id, NULL, NULL, m.number, 'the last that counts', 'corrects ' || m.corrects
  FROM m LEFT JOIN m was ON (was.parcel_id, was.number) = (m.parcel_id, m.corrects)
 WHERE m.move = 'correct'
   AND (was.number IS NULL OR was.number >= m.number OR was.move IN ('observe', 'correct')
        OR (was.status, was.from_status) IS DISTINCT FROM (m.from_status, m.status)
        OR EXISTS (SELECT FROM m later
                    WHERE later.parcel_id = m.parcel_id AND later.number > m.corrects
                      AND later.number < m.number AND later.move NOT IN ('observe', 'correct')
                      AND NOT EXISTS (SELECT FROM m undo
                                       WHERE undo.parcel_id = m.parcel_id AND undo.corrects = later.number
                                         AND undo.number < m.number)))
UNION ALL
SELECT 'status', COALESCE(p.id, m.parcel_id), NULL, NULL, m.number,
       COALESCE(m.status || ' after ' || m.number, 'a movement'),
       COALESCE(p.status || ' after ' || p.last_number, 'no parcel')
  FROM p FULL JOIN (SELECT * FROM m WHERE is_last) AS m ON m.parcel_id = p.id
 WHERE (p.status, p.last_number) IS DISTINCT FROM (m.status, m.number)
UNION ALL
SELECT 'custody', parcel_id, NULL, NULL, number, 'handed over by its holder',
       CASE WHEN taker IS NULL THEN 'nobody takes it' WHEN giver IS NULL THEN 'nobody had it'
            ELSE 'somebody else had it' END
  FROM custody
 WHERE taker IS NULL
    OR move IN ('entrust', 'hand_over') AND giver IS DISTINCT FROM
       -- Without an entrust it comes from the sending office: a late scan, no gap.
       CASE from_status WHEN 'with_intermediary' THEN neutral_id ELSE sending_id END
UNION ALL
SELECT 'custody', p.id, NULL, NULL, c.number, 'organisation ' || COALESCE(c.taker::text, 'none'),
       'organisation ' || COALESCE(p.holder_id::text, 'none')
  FROM p LEFT JOIN custody c ON c.parcel_id = p.id AND c.is_last_of_it
 WHERE p.holder_id IS DISTINCT FROM c.taker
UNION ALL
SELECT 'consignment', p.id, NULL, NULL, packed.number,
       'consignment ' || COALESCE(packed.consignment_id::text, 'none'),
       'consignment ' || COALESCE(p.consignment_id::text, 'none')
  FROM p LEFT JOIN packed ON packed.parcel_id = p.id
 WHERE p.consignment_id IS DISTINCT FROM packed.consignment_id
UNION ALL
SELECT 'in', NULL, NULL, p.round_id, count(*)::int, NULL, NULL
  FROM p WHERE EXISTS (SELECT FROM m WHERE m.parcel_id = p.id AND m.counts AND m.move = 'accept')
 GROUP BY p.round_id
UNION ALL
SELECT 'out', NULL, NULL, p.round_id, count(*)::int, NULL, NULL
  FROM p WHERE p.status NOT IN {_OUTSIDE} GROUP BY p.round_id
UNION ALL
SELECT 'in', NULL, packed.consignment_id, NULL, count(*)::int, NULL, NULL
  FROM packed
 WHERE packed.consignment_id IS NOT NULL
   AND EXISTS (SELECT FROM m WHERE m.parcel_id = packed.parcel_id AND m.counts AND m.move = 'dispatch'
                               AND m.number > packed.number)
 GROUP BY packed.consignment_id
UNION ALL
SELECT 'out', NULL, p.consignment_id, NULL, count(*)::int, NULL, NULL
  FROM p WHERE p.consignment_id IS NOT NULL AND p.status NOT IN ({_NOT_LEFT}) GROUP BY p.consignment_id
UNION ALL
SELECT 'movements', NULL, NULL, NULL, count(*)::int, NULL, NULL FROM m
"""


class Row(NamedTuple):
    """What a share came to: a difference of a parcel, or a count for an account."""

    kind: str
    parcel: int | None
    consignment: int | None
    round: int | None
    number: int | None
    """The movement; of a count, how many."""
    expected: str | None
    found: str | None


def shares() -> Iterator[tuple[int, int]]:
    """Yield ranges of ids, the first left out: together all parcels, and all movements without one."""
    with connection.cursor() as cursor:
        # The highest by an index; sequences are nobody's to read.
        cursor.execute(
            "SELECT GREATEST((SELECT max(id) FROM parcels_parcel),"
            " (SELECT max(parcel_id) FROM parcels_movement), 0)"
        )
        (highest,) = cursor.fetchone()
    for after in range(0, highest, SHARE):
        yield after, after + SHARE


def compare(after: int, upto: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"after": after, "upto": upto})
        return [Row(*row) for row in cursor.fetchall()]
