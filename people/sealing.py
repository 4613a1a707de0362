"""The one sequencer: puts the rows of a log into its tree, in the order of their transactions.

A row is sealed once every transaction that began before its own has ended, so that none which commits late
comes to stand before one that is sealed already. Any number may run: one seals, to the others nothing is due.
`people.audit_tree` and `parcels.custody_log` say what a log is; nothing here knows one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from people import heads
from people.merkle import Frontier

SALT: Final = 32
MOST: Final = 5_000
"""Rows under one head."""
TILE: Final = 8
"""Of a tree that keeps nodes: the roots of subtrees of this height, and of its multiples."""


@dataclass(frozen=True)
class Tree:
    """A log: where its rows, leaves, salts and heads are, and how a row is hashed."""

    log: str
    """As its heads name it."""
    rows: str
    """What follows FROM; the log's own table is `e`, with `id` and `xact`."""
    columns: str
    """What is hashed of a row; its id is the first."""
    tables: str
    """What the names of the tables of its leaves, salts and heads begin with."""
    entry: str
    """The leaf's column that names a row."""
    leaf: Callable[[Sequence[Any], bytes], bytes]
    """Hashes a row's columns with its salt."""
    erased: str
    """SQL: whether the salt of a row may be gone."""
    misplaced: str = "false"
    """SQL: whether a row that is not sealed yet cannot have been written by us."""
    names: str = "NULL::text"
    """SQL: how people name a row."""
    keeps_nodes: bool = False
    """Whether roots of whole subtrees are kept, for proofs, and heads marked with all that is beside them."""


class TreeBroken(Exception):
    """The last head does not belong to this tree: nothing is sealed before somebody has looked."""


class Head(NamedTuple):
    size: int
    root: bytes
    frontier: bytes
    at: datetime
    key: str
    signature: bytes
    below: str
    mark: bytes


def last_head(tree: Tree) -> Head | None:
    return next(iter(read_heads(tree, "ORDER BY size DESC LIMIT 1")), None)


def read_heads(tree: Tree, which: str = "ORDER BY size", values: Sequence[Any] = ()) -> list[Head]:
    """Return heads.

    :param which: the rest of the statement, for `values`
    """
    mark = "mark" if tree.keeps_nodes else "''::bytea"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT size, root, frontier, at, key, signature, below::text, {mark}"
            f" FROM {tree.tables}head {which}",
            values,
        )
        return [
            Head(size, bytes(root), bytes(frontier), at, key, bytes(signature), below, bytes(mark))
            for size, root, frontier, at, key, signature, below, mark in cursor.fetchall()
        ]


def is_ours(tree: Tree, head: Head) -> bool:
    """Whether we signed it, and wrote what is kept beside it."""
    if not heads.is_signed(tree.log, head.size, head.root, head.at, head.key, head.signature):
        return False
    return not tree.keeps_nodes or heads.is_marked(tree.log, head.size, _beside(head), head.mark)


def seal(tree: Tree) -> int:
    """Seal what is due, at most `MOST` rows under one new head; return how many.

    :raises TreeBroken: if the last head is not signed by us, or does not fit what is kept beside it
    """
    with transaction.atomic():
        if not _is_ours_to_do(tree):
            return 0
        head = last_head(tree)
        if head is not None:
            _check(tree, head)
        rows, below = _due(tree, head)
        if not rows:
            return 0
        _sign(tree, _add(tree, rows, head), below)
        return len(rows)


def seal_all(tree: Tree, stop: Callable[[], bool] = lambda: False) -> int:
    """Seal until nothing is due or `stop` says so; return how many rows.

    :raises TreeBroken: as `seal` does
    """
    sealed = 0
    while not stop() and (now := seal(tree)):
        sealed += now
    return sealed


def unsealed(tree: Tree) -> int:
    """Return how many rows no head covers yet."""
    return int(_of_unsealed(tree, "count(*)"))


def oldest_unsealed_s(tree: Tree, time: str) -> float:
    """Return how many seconds ago the oldest row was made that no head covers yet.

    :param time: SQL for when a row was made
    """
    return _of_unsealed(tree, f"COALESCE(extract(epoch FROM clock_timestamp() - min({time})), 0)")


def _of_unsealed(tree: Tree, what: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {what} FROM {tree.rows}"
            " WHERE e.xact >= COALESCE("
            f"(SELECT below FROM {tree.tables}head ORDER BY size DESC LIMIT 1), '0')"
            f" AND NOT EXISTS (SELECT FROM {tree.tables}leaf l WHERE l.{tree.entry} = e.id)"
        )
        return float(cursor.fetchone()[0])


def _is_ours_to_do(tree: Tree) -> bool:
    """Whether nobody else seals now. The lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), 0)", [tree.tables])
        return bool(cursor.fetchone()[0])


def _check(tree: Tree, head: Head) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(max(index) + 1, 0) FROM {tree.tables}leaf")
        (leaves,) = cursor.fetchone()
    if leaves != head.size or not is_ours(tree, head):
        raise TreeBroken
    try:
        kept = Frontier.from_bytes(head.size, head.frontier)
    except ValueError:
        raise TreeBroken from None
    if kept.root != head.root:
        raise TreeBroken


# Whatever a transaction below the horizon wrote is there or never will be. Where the counter of transactions
# is behind what was sealed (the tables were restored into another cluster) nothing is known to be sealed, and
# rows from beyond the counter are complete too: no transaction that runs here can have written them. Where a
# head took not all of a transaction, the next begins behind its last row.
_DUE: Final = """
WITH horizon AS MATERIALIZED (
    SELECT pg_snapshot_xmin(s) AS xmin, pg_snapshot_xmax(s) AS xmax FROM pg_current_snapshot() AS s
), start AS MATERIALIZED (
    SELECT CASE WHEN %s::xid8 > xmax THEN '0'::xid8 ELSE %s::xid8 END AS at, %s::xid8 > xmax AS moved,
           COALESCE((SELECT e.id FROM {tables}leaf l JOIN {rows} ON e.id = l.{entry}
                      WHERE l.index = %s AND e.xact = %s::xid8 AND e.xact <= xmax), -1) AS behind
      FROM horizon
)
SELECT {columns}, (SELECT xmin::text FROM horizon), e.xact::text
  FROM {rows}
 WHERE (e.xact, e.id) > ((SELECT at FROM start), (SELECT behind FROM start))
   AND (e.xact < (SELECT xmin FROM horizon)
        OR (SELECT moved FROM start) AND e.xact >= (SELECT xmax FROM horizon))
   AND NOT EXISTS (SELECT FROM {tables}leaf l WHERE l.{entry} = e.id)
 ORDER BY e.xact, e.id LIMIT %s
"""


def _due(tree: Tree, head: Head | None) -> tuple[list[tuple[Any, ...]], str]:
    """Return what to seal now, and the transaction before which everything is sealed then."""
    below, last = (head.below, head.size - 1) if head else ("0", -1)
    statement = _DUE.format(tables=tree.tables, rows=tree.rows, columns=tree.columns, entry=tree.entry)
    with connection.cursor() as cursor:
        cursor.execute(statement, [below, below, below, last, below, MOST + 1])
        found = cursor.fetchall()
    rows = [row[:-2] for row in found[:MOST]]
    if not found:
        return [], below
    # Where more is due than one head takes, what follows may be of the same transaction.
    return rows, (found[0][-2] if len(found) <= MOST else found[MOST - 1][-1])


def _add(tree: Tree, rows: Sequence[Sequence[Any]], head: Head | None) -> Frontier:
    leaves: list[tuple[object, ...]] = []
    salts: list[tuple[object, ...]] = []
    nodes: list[tuple[object, ...]] = []

    def keep(height: int, place: int, root: bytes) -> None:
        if height % TILE == 0:
            nodes.append((height // TILE, place, root))

    frontier = Frontier.from_bytes(head.size, head.frontier) if head else Frontier()
    frontier.whole = keep if tree.keeps_nodes else None
    for row in rows:
        index, salt = frontier.size, os.urandom(SALT)
        leaf = tree.leaf(row, salt)
        frontier.append(leaf)
        leaves.append((index, row[0], leaf, heads.mark(tree.log, index, leaf)))
        salts.append((index, salt))
    _copy(f"{tree.tables}leaf (index, {tree.entry}, hash, mark)", leaves)
    _copy(f"{tree.tables}salt (index, salt)", salts)
    if nodes:
        _copy(f"{tree.tables}node (level, place, hash)", nodes)
    return frontier


def _copy(table: str, rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _sign(tree: Tree, frontier: Frontier, below: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
        size, root = frontier.size, frontier.root
        head = Head(size, root, bytes(frontier), at, *heads.sign(tree.log, size, root, at), below, b"")
        columns, values = (
            "size, root, frontier, at, key, signature, below",
            "%s, %s, %s, %s, %s, %s, %s::xid8",
        )
        row: list[Any] = list(head[:-1])
        if tree.keeps_nodes:
            columns, values = f"{columns}, mark", f"{values}, %s"
            row.append(heads.mark(tree.log, size, _beside(head)))
        cursor.execute(f"INSERT INTO {tree.tables}head ({columns}) VALUES ({values})", row)


def _beside(head: Head) -> bytes:
    """Return what is kept beside a head and is not signed, for partners have no use for it."""
    return head.frontier + head.below.encode()
