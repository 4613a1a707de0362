"""Shares of due work, as rows: whoever dies over one leaves it to the next, who takes it in halves.

A claim raises `attempts` and commits before the work begins, so a share that kills its worker counts too.
The work locks the row again under the number it claimed, and deletes it as it commits: of two who think a
share is theirs, one finds it gone. A share of one that was left five times is put aside for people to see.
All times are the database's.
"""

import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

import structlog
from django.db import connection, transaction

from parcels.workers import liveness
from people import crashing

MOST_IDS: Final = 1_000
"""Parcels a batch: fewer cost more statements, more hold their locks for longer and gain little."""
_MOST_MADE: Final = 20 * MOST_IDS
_MOST_ATTEMPTS: Final = 5
_LEFT_AFTER_S: Final = 5

Stop = Callable[[], bool]
Call = Callable[[], None]
log = structlog.get_logger(__name__)


class Work(NamedTuple):
    kind: str
    due: str
    """SQL that gives the ids of the parcels due now."""
    do: Callable[[list[int], datetime], None]
    """Brings these parcels on, within the transaction that holds them locked, at this time.

    One that is no longer due stays as it is; one that is must not be due afterwards.
    """
    of: Literal["parcel", "person"] = "parcel"
    """What the ids are of."""


class Claim(NamedTuple):
    id: int
    ids: list[int]
    attempts: int


def drain(work: Work, stop: Stop, call: Call = lambda: None) -> int:
    """Do all that is due, and return how many parcels it was; `call` when there is a share for another too.

    :raises django.db.Error: when the database is gone; what was claimed is found again
    """
    done = 0
    _take_back(work)
    while not stop():
        if claim := _claim(work.kind):
            crashing.reached(f"{work.kind}.claimed", claim.ids)
            done += _try(work, claim)
            continue
        made = _make(work)
        if made > 1:
            call()
        if not made:
            break
    return done


_TAKE_BACK: Final = """
WITH abandoned AS (
    SELECT id, kind, ids, attempts, failed, cardinality(ids) AS size FROM parcels_batch
     WHERE kind = %s AND claimed_at <= clock_timestamp() - make_interval(secs => %s) AND id = COALESCE(%s, id)
       FOR UPDATE SKIP LOCKED
), halved AS (
    -- New rows, so that whoever still believes to hold the old one finds nothing.
    INSERT INTO parcels_batch (kind, ids, attempts)
    SELECT kind, half, 0
      FROM abandoned, LATERAL (VALUES (ids[:size / 2]), (ids[size / 2 + 1:])) AS t (half) WHERE size > 1
), put_aside AS (
    INSERT INTO parcels_quarantine (kind, {of}_id, reason)
    SELECT kind, ids[1], failed FROM abandoned WHERE size = 1 AND attempts >= %s ON CONFLICT DO NOTHING
), again AS (
    UPDATE parcels_batch b SET claimed_at = NULL
      FROM abandoned a WHERE b.id = a.id AND a.size = 1 AND a.attempts < %s
)
DELETE FROM parcels_batch b USING abandoned a WHERE b.id = a.id AND (a.size > 1 OR a.attempts >= %s)
"""


def _take_back(work: Work, *, older_than_s: int = _LEFT_AFTER_S, batch: int | None = None) -> None:
    """Free what was left: one that is claimed and not locked has nobody working on it."""
    most = [_MOST_ATTEMPTS] * 3
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK.format(of=work.of), [work.kind, older_than_s, batch, *most])


_CLAIM: Final = """
UPDATE parcels_batch SET attempts = attempts + 1, claimed_at = clock_timestamp(), failed = ''
 WHERE id = (SELECT id FROM parcels_batch WHERE kind = %s AND claimed_at IS NULL
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, ids, attempts
"""


def _claim(kind: str) -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [kind])
        row = cursor.fetchone()
    if row is None:
        return None
    liveness.claimed()
    return Claim(*row)


_MAKE: Final = """
INSERT INTO parcels_batch (kind, ids, attempts)
SELECT %s, array_agg(id ORDER BY id), 0
  FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS share
          FROM (SELECT id FROM ({due}) AS due (id)
                EXCEPT SELECT unnest(ids) FROM parcels_batch WHERE kind = %s
                EXCEPT SELECT {of}_id FROM parcels_quarantine WHERE kind = %s
                ORDER BY id LIMIT %s) AS free) AS shared
 GROUP BY share
"""


def _make(work: Work) -> int:
    """Make batches of what is due and in none; return how many. One maker of a kind at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('parcels.batch'), hashtext(%s))", [work.kind]
        )
        (mine,) = cursor.fetchone()
        if not mine:
            return 0  # whoever makes them now works on them too
        statement = _MAKE.format(due=work.due, of=work.of)
        cursor.execute(statement, [work.kind, MOST_IDS, work.kind, work.kind, _MOST_MADE])
        made: int = cursor.rowcount
        return made


# A person's row is referred to by whatever is recorded meanwhile: that need not wait.
_LOCKED: Final = {
    "parcel": "SELECT id FROM parcels_parcel WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
    "person": "SELECT id FROM people_person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
}


def _try(work: Work, claim: Claim) -> int:
    try:
        return _do(work, claim)
    except Exception as error:
        if not connection.is_usable():
            raise
        # Not the message: a database's may quote the row.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        name, where = type(error).__name__, f"{frame.name}:{frame.lineno}"
        log.error("batch_failed", kind=work.kind, size=len(claim.ids), error=name, where=where)
        _note_failure(claim, f"{name} in {where}")
    if len(claim.ids) > 1:
        # Here and alive: the halves need not wait until it counts as left.
        _take_back(work, older_than_s=0, batch=claim.id)
    return 0


def _note_failure(claim: Claim, failed: str) -> None:
    """Keep what staff will read should this share be put aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parcels_batch SET failed = %s WHERE id = %s AND attempts = %s",
            [failed[:100], claim.id, claim.attempts],
        )


def _do(work: Work, claim: Claim) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        if not _lock(cursor, claim):
            return 0
        cursor.execute(_LOCKED[work.of], [claim.ids])
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        crashing.reached(f"{work.kind}.locked", claim.ids)
        work.do(claim.ids, now)
        crashing.reached(f"{work.kind}.done", claim.ids)
        cursor.execute("DELETE FROM parcels_batch WHERE id = %s", [claim.id])
        crashing.reached(f"{work.kind}.before_commit", claim.ids)
    crashing.reached(f"{work.kind}.committed", claim.ids)
    return len(claim.ids)


def _lock(cursor: Any, claim: Claim) -> bool:
    cursor.execute(
        "SELECT FROM parcels_batch WHERE id = %s AND attempts = %s FOR UPDATE SKIP LOCKED",
        [claim.id, claim.attempts],
    )
    return bool(cursor.rowcount)
