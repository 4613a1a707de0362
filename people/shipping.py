"""The audit elsewhere as it is written: sealed entries and heads, in the tree's order, to a file or a log.

At least once: whoever receives them knows by its place what came twice, and by a gap what did not come. One
relay at a time has the lease of a place; a relay that hangs loses it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection
from structlog import get_logger

from people import heads, targets
from people.audit_tree import COLUMNS, FIELDS
from people.canonical import canonical

MOST: Final = 1_000
"""Entries in one go."""
_LEASE_S: Final = 60

_log = get_logger(__name__)


class Share(NamedTuple):
    lease: uuid.UUID
    leaves: int
    head: int


def ship() -> int:
    """Ship what is sealed and was not yet; return how many entries and heads. None where nothing is set."""
    if not settings.AUDIT_SHIP:
        return 0
    name = _name()
    share = _take(name)
    if share is None:
        return 0
    leaves, signed = _leaves(share.leaves), _heads(share.head, share.leaves)
    try:
        if leaves or signed:
            log = _log_name()
            lines = [_leaf_line(log, row) for row in leaves] + [_head_line(log, row) for row in signed]
            with targets.opened(settings.AUDIT_SHIP) as target:
                target.write(lines)
    except (OSError, targets.UnknownTarget) as error:
        # The place alone is an operator's: not in the log.
        _log.error("audit_not_shipped", error=type(error).__name__, entries=len(leaves))
        _give_back(name, share, share.leaves, share.head)
        return 0
    _give_back(name, share, share.leaves + len(leaves), signed[-1][0] if signed else share.head)
    return len(leaves) + len(signed)


def lines() -> Iterator[str]:
    """Yield all that is sealed as it is shipped: the entries, then the heads."""
    at = 0
    while rows := _leaves(at):
        log = _log_name()
        yield from (_leaf_line(log, row) for row in rows)
        at = rows[-1][0] + 1
    yield from (_head_line(_log_name(), row) for row in _heads(0, at))


def lag() -> tuple[int, float]:
    """Return how many sealed entries were not shipped yet, and how old in seconds the oldest is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), COALESCE(extract(epoch FROM clock_timestamp() - min(e.at)), 0)"
            "  FROM people_auditleaf l LEFT JOIN people_auditentry e ON e.id = l.entry"
            " WHERE l.index >= COALESCE((SELECT leaves FROM people_auditshipment WHERE target = %s), 0)",
            [_name()],
        )
        many, oldest_s = cursor.fetchone()
    return (int(many), float(oldest_s)) if settings.AUDIT_SHIP else (0, 0.0)


def _name() -> str:
    """An address may hold what is nobody's business, so it is kept by its hash."""
    return hashlib.sha256(settings.AUDIT_SHIP.encode()).hexdigest()


_TAKE: Final = """
INSERT INTO people_auditshipment AS s (target, leaves, head, lease, lease_until)
VALUES (%s, 0, 0, %s, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (target) DO UPDATE SET lease = EXCLUDED.lease, lease_until = EXCLUDED.lease_until
 WHERE s.lease_until IS NULL OR s.lease_until < clock_timestamp()
RETURNING lease, leaves, head
"""
_GIVE_BACK: Final = """
UPDATE people_auditshipment
   SET leaves = %s, head = %s, lease = NULL, lease_until = NULL,
       shipped_at = CASE WHEN leaves < %s OR head < %s THEN clock_timestamp() ELSE shipped_at END
 WHERE target = %s AND lease = %s
"""
_LEAVES: Final = f"""
SELECT l.index, l.hash, {COLUMNS} FROM people_auditleaf l LEFT JOIN people_auditentry e ON e.id = l.entry
 WHERE l.index >= %s ORDER BY l.index LIMIT %s
"""
# A head goes behind the entries it covers.
_HEADS: Final = """
SELECT size, root, at, key, signature FROM people_audithead
 WHERE size > %s AND size <= %s ORDER BY size
"""


def _take(name: str) -> Share | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [name, uuid.uuid4(), _LEASE_S])
        row = cursor.fetchone()
    return Share(*row) if row else None


def _give_back(name: str, share: Share, leaves: int, head: int) -> None:
    """Whoever lost the lease meanwhile changes nothing: the next one sends it again."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [leaves, head, leaves, head, name, share.lease])


def _leaves(after: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_LEAVES, [after, MOST])
        return list(cursor.fetchall())


def _heads(after: int, leaves: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [after, leaves + MOST])
        return list(cursor.fetchall())


def _log_name() -> str:
    """Return a word for this tree: another installation's, or one begun anew, has another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(hash, 'hex') FROM people_auditleaf WHERE index = 0")
        return str(cursor.fetchone()[0])[:16]


def _leaf_line(log: str, row: Sequence[Any]) -> str:
    index, leaf, *entry = row
    told = None
    if entry[0] is not None:
        told = {**dict(zip(FIELDS, entry, strict=True)), "at": heads.moment(entry[1]), "version": 1}
    return canonical({"log": log, "index": index, "leaf": bytes(leaf).hex(), "entry": told})


def _head_line(log: str, row: Sequence[Any]) -> str:
    size, root, at, key, signature = row
    told = {"size": size, "root": bytes(root).hex(), "at": heads.moment(at)}
    return canonical({"log": log, "head": {**told, "key": key, "signature": bytes(signature).hex()}})
