"""The one sequencer: puts entries of the audit into the tree, in the order of their transactions.

An entry is sealed once every transaction that began before its own has ended, so that none which commits late
comes to stand before one that is sealed already. Any number may run: one seals, to the others nothing is due.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from people import heads
from people.merkle import Frontier, leaf_hash

VERSION: Final = 1
"""Of the form in which an entry is hashed: docs/audit.md shows an example."""
SALT: Final = 32
MOST: Final = 5_000
"""Entries under one head."""
FIELDS: Final = (
    "id", "at", "by", "staff", "client", "organisation", "act", "outcome", "subject_kind", "subject",
    "purpose", "request", "route", "origin", "name_hash", "xact",
)  # fmt: skip
COLUMNS: Final = (
    "e.id, e.at, e.by, e.staff_id, e.client_id, e.organisation_id, e.act, e.outcome, e.subject_kind,"
    " e.subject, e.purpose, e.request, e.route, e.origin, e.name_hash, e.xact::text"
)


# Canonical for what is flat, of texts and small whole numbers, with plain names: and five times as fast.
_flat: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class TreeBroken(Exception):
    """The last head does not belong to this tree: nothing is sealed before somebody has looked."""


class Head(NamedTuple):
    size: int
    root: bytes
    frontier: Frontier
    at: datetime
    key: str
    signature: bytes
    below: str


def entry_text(row: Sequence[Any]) -> str:
    """Return an entry, its columns in the order of `FIELDS`, as it is hashed."""
    told = dict(zip(FIELDS, row, strict=True))
    return _flat({**told, "at": heads.moment(told["at"]), "version": VERSION})


def entry_hash(row: Sequence[Any], salt: bytes) -> bytes:
    """Return the leaf: SHA-256 over salt and canonical JSON, as RFC 9162 hashes leaves."""
    return leaf_hash(salt + entry_text(row).encode())


def last_head() -> Head | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT size, root, frontier, at, key, signature, below::text FROM people_audithead"
            " ORDER BY size DESC LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    size, root, frontier, at, key, signature, below = row
    kept = Frontier.from_bytes(size, bytes(frontier))
    return Head(size, bytes(root), kept, at, key, bytes(signature), below)


def seal() -> int:
    """Seal what is due, at most `MOST` entries under one new head; return how many.

    :raises TreeBroken: if the last head is not signed by us, or does not fit what is kept beside it
    """
    with transaction.atomic():
        if not _is_ours():
            return 0
        head = last_head()
        if head is not None:
            _check(head)
        rows, below = _due(head)
        if not rows:
            return 0
        frontier = head.frontier if head else Frontier()
        _add(rows, frontier)
        _sign(frontier, below)
        return len(rows)


def unsealed() -> int:
    """Return how many entries no head covers yet."""
    return int(_of_unsealed("count(*)"))


def oldest_unsealed_s() -> float:
    """Return how many seconds ago the oldest entry was made that no head covers yet."""
    return _of_unsealed("COALESCE(extract(epoch FROM clock_timestamp() - min(e.at)), 0)")


def _of_unsealed(what: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {what} FROM people_auditentry e"
            " WHERE e.xact >= COALESCE((SELECT below FROM people_audithead ORDER BY size DESC LIMIT 1), '0')"
            " AND NOT EXISTS (SELECT FROM people_auditleaf l WHERE l.entry = e.id)"
        )
        return float(cursor.fetchone()[0])


def _is_ours() -> bool:
    """Whether nobody else seals now. The lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('people.audit'), 0)")
        return bool(cursor.fetchone()[0])


def _check(head: Head) -> None:
    signed = heads.is_signed(head.size, head.root, head.at, head.key, head.signature)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(index) + 1, 0) FROM people_auditleaf")
        (leaves,) = cursor.fetchone()
    if not signed or head.frontier.root != head.root or leaves != head.size:
        raise TreeBroken


# Whatever a transaction below the horizon wrote is there or never will be. Where the counter of transactions
# is behind what was sealed (the tables were restored into another cluster) nothing is known to be sealed, and
# rows from beyond the counter are complete too: no transaction that runs here can have written them.
_DUE: Final = f"""
WITH horizon AS MATERIALIZED (
    SELECT pg_snapshot_xmin(s) AS xmin, pg_snapshot_xmax(s) AS xmax FROM pg_current_snapshot() AS s
), start AS MATERIALIZED (
    SELECT CASE WHEN %s::xid8 > xmax THEN '0'::xid8 ELSE %s::xid8 END AS at, %s::xid8 > xmax AS moved
      FROM horizon
)
SELECT {COLUMNS}, (SELECT xmin::text FROM horizon)
  FROM people_auditentry e
 WHERE e.xact >= (SELECT at FROM start)
   AND (e.xact < (SELECT xmin FROM horizon)
        OR (SELECT moved FROM start) AND e.xact >= (SELECT xmax FROM horizon))
   AND NOT EXISTS (SELECT FROM people_auditleaf l WHERE l.entry = e.id)
 ORDER BY e.xact, e.id LIMIT %s
"""


def _due(head: Head | None) -> tuple[list[tuple[Any, ...]], str]:
    """Return what to seal now, and the transaction before which everything is sealed then."""
    below = head.below if head else "0"
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [below, below, below, MOST + 1])
        found = cursor.fetchall()
    rows = [row[:-1] for row in found[:MOST]]
    if not found:
        return [], below
    # Where more is due than one head takes, what follows may be of the same transaction.
    return rows, (found[0][-1] if len(found) <= MOST else rows[-1][-1])


def _add(rows: Sequence[Sequence[Any]], frontier: Frontier) -> None:
    leaves: list[tuple[object, ...]] = []
    salts: list[tuple[object, ...]] = []
    for row in rows:
        index, salt = frontier.size, os.urandom(SALT)
        leaf = entry_hash(row, salt)
        frontier.append(leaf)
        leaves.append((index, row[0], leaf, heads.mark(index, leaf)))
        salts.append((index, salt))
    with connection.cursor() as cursor:
        with cursor.copy("COPY people_auditleaf (index, entry, hash, mark) FROM STDIN") as copy:
            for each in leaves:
                copy.write_row(each)
        with cursor.copy("COPY people_auditsalt (index, salt) FROM STDIN") as copy:
            for each in salts:
                copy.write_row(each)


def _sign(frontier: Frontier, below: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
        key, signature = heads.sign(frontier.size, frontier.root, at)
        cursor.execute(
            "INSERT INTO people_audithead (size, root, frontier, at, key, signature, below)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s::xid8)",
            [frontier.size, frontier.root, bytes(frontier), at, key, signature, below],
        )
