"""Whether a log is what it was: each row by its leaf, each leaf by the tree, heads by signatures.

A row that was erased is there by its leaf alone, and counts as erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from people import heads, sealing
from people.merkle import Frontier
from people.sealing import SALT, TILE, Tree

_SHARE: Final = 2_000
MOST_NAMED: Final = 10_000
"""Faults that are named; a log without any table beside it would have one a row."""


class Fault(NamedTuple):
    """What is wrong, and with which row: its place in the tree, or None for one that stands outside."""

    place: int | None
    entry: int | None
    what: str
    name: str | None = None
    """As people name the row."""

    def __str__(self) -> str:
        place = "outside the tree" if self.place is None else f"place {self.place}"
        row = f", entry {self.entry}" if self.entry else ""
        return f"{self.what}: {place}{row}" + (f", {self.name}" if self.name else "")


class Verified(NamedTuple):
    size: int
    erased: int
    unsealed: int
    faults: Sequence[Fault]
    """The first bad row first; `MOST_NAMED` at most."""

    @property
    def first(self) -> int | None:
        """The first bad row's place."""
        return next((each.place for each in self.faults if each.place is not None), None)


_LEAVES: Final = """
SELECT l.index, l.{entry}, l.hash, l.mark, s.salt, ({erased}), ({names}), {columns}
  FROM {tables}leaf l
  LEFT JOIN {tables}salt s ON s.index = l.index
  LEFT JOIN {rows} ON e.id = l.{entry}
 ORDER BY l.index
"""
# Sealed is all that transactions before this one wrote: what stands there without a leaf was put there since.
_INSERTED: Final = """
SELECT e.id, ({names}) FROM {rows}
 WHERE (e.xact < COALESCE((SELECT below FROM {tables}head ORDER BY size DESC LIMIT 1), '0') OR ({misplaced}))
   AND NOT EXISTS (SELECT FROM {tables}leaf l WHERE l.{entry} = e.id) ORDER BY e.id
"""
_UNSEALED: Final = """
SELECT count(*) FROM {rows} WHERE NOT EXISTS (SELECT FROM {tables}leaf l WHERE l.{entry} = e.id)
"""


def verify(
    tree: Tree, shipped: Mapping[int, bytes] | None = None, known: Mapping[int, bytes] | None = None
) -> Verified:
    """Read all of it once, as it stands at this moment.

    :param shipped: place → leaf, as it was shipped elsewhere when it was sealed
    :param known: size → root, of heads that somebody else has
    """
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            _see_one_moment()
        walk = _Walk(tree, shipped or {}, known or {})
        walk.go()
        with connection.cursor() as cursor:
            cursor.execute(_filled(_INSERTED, tree))
            inserted = [
                Fault(None, pk, "inserted since it was sealed", name) for pk, name in cursor.fetchall()
            ]
            cursor.execute(_filled(_UNSEALED, tree))
            (waiting,) = cursor.fetchone()
    faults = sorted(walk.faults, key=lambda each: each.place or 0) + inserted
    return Verified(walk.tree.size, walk.erased, waiting - len(inserted), faults[:MOST_NAMED])


class _Walk:
    """Once along the tree, which grows anew beside it."""

    def __init__(self, tree: Tree, shipped: Mapping[int, bytes], known: Mapping[int, bytes]) -> None:
        self.of, self.shipped, self.known = tree, shipped, known
        self.tree = Frontier(whole=self._node if tree.keeps_nodes else None)
        self.faults: list[Fault] = []
        self.erased = 0
        # Also what was there when the last head was signed and is no more counts: heads say how many.
        self.heads = {each.size: each for each in sealing.read_heads(tree)}
        self.end = max((*self.heads, *known, *(at + 1 for at in shipped)), default=0)
        self.nodes = _nodes(tree)

    def go(self) -> None:
        last = max(self.heads, default=0)
        for index, entry, leaf, mark, salt, may_be_gone, name, *row in _rows(_filled(_LEAVES, self.of)):
            while self.tree.size < min(index, self.end):
                self._missing()
            if index != self.tree.size:
                self._fault(index, entry, "a leaf where none can be", name)
                continue
            self._look(index, entry, bytes(leaf), bytes(mark), salt, row, may_be_gone=may_be_gone, name=name)
        while self.tree.size < self.end:
            self._missing()
        self._beyond(last)
        for level, place in self.nodes:
            self._fault(place << TILE * level, None, "a node where none can be")

    def _look(
        self, index: int, entry: int, leaf: bytes, mark: bytes, salt: bytes | None, row: Sequence[Any],
        *, may_be_gone: bool, name: str | None,
    ) -> None:  # fmt: skip
        if not heads.is_marked(self.of.log, index, leaf, mark):
            self._fault(index, entry, "its leaf was changed", name)
        elif salt is None and may_be_gone:
            self.erased += 1
        elif salt is None or row[0] is None:
            self._fault(index, entry, "removed" if row[0] is None else "its salt was removed", name)
        elif len(salt) != SALT or self.of.leaf(row, bytes(salt)) != leaf:
            self._fault(index, entry, "changed", name)
        elif self.shipped.get(index, leaf) != leaf:
            self._fault(index, entry, "not as it was shipped", name)
        self._grow(leaf)

    def _missing(self) -> None:
        """A place without a leaf: its hash is not known any more, unless it was shipped."""
        index = self.tree.size
        self._fault(index, None, "removed with its leaf")
        self._grow(self.shipped.get(index, b""))

    def _grow(self, leaf: bytes) -> None:
        self.tree.append(leaf)
        size = self.tree.size
        if head := self.heads.get(size):
            self._look_at(head)
        if size in self.known and self.known[size] != self.tree.root:
            self._tree_fault(size - 1, "the tree up to it is not the one of the head that is known elsewhere")

    def _look_at(self, head: sealing.Head) -> None:
        if not sealing.is_ours(self.of, head):
            self._fault(head.size - 1, None, "the head behind it is not signed by us")
        elif self.tree.root != head.root:
            self._tree_fault(head.size - 1, "the tree up to it is not the one that was signed")
        elif bytes(self.tree) != head.frontier:
            self._tree_fault(head.size - 1, "what is kept beside the head behind it was changed")

    def _tree_fault(self, place: int, what: str) -> None:
        """Say that the tree is another, unless it is known already which row made it so."""
        if not self.faults:
            self._fault(place, None, what)

    def _node(self, height: int, place: int, root: bytes) -> None:
        if height % TILE == 0 and self.nodes.pop((height // TILE, place), None) != root:
            self._tree_fault((place + 1 << height) - 1, "a node above it was changed")

    def _beyond(self, last: int) -> None:
        """Leaves and their head are written in one go: none stands beyond the last head."""
        if self.tree.size > last:
            self._fault(last, None, "the head that covered it was removed")

    def _fault(self, index: int, entry: int | None, what: str, name: str | None = None) -> None:
        if len(self.faults) < MOST_NAMED:
            self.faults.append(Fault(index, entry, what, name))


def _filled(statement: str, tree: Tree) -> str:
    return statement.format(
        tables=tree.tables, rows=tree.rows, columns=tree.columns, entry=tree.entry, erased=tree.erased,
        misplaced=tree.misplaced, names=tree.names,
    )  # fmt: skip


def _nodes(tree: Tree) -> dict[tuple[int, int], bytes]:
    """Return the roots of subtrees that are kept: one for some 250 leaves."""
    if not tree.keeps_nodes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT level, place, hash FROM {tree.tables}node")
        return {(level, place): bytes(root) for level, place, root in cursor.fetchall()}


def _see_one_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _rows(statement: str) -> Iterator[tuple[Any, ...]]:
    """Read through a cursor of the server: a tree may be larger than our memory."""
    with _named(statement) as cursor:
        while share := cursor.fetchmany(_SHARE):
            yield from share


@contextmanager
def _named(statement: str) -> Iterator[Any]:
    assert connection.connection is not None  # noqa: S101  for the type checker: a transaction is open
    with connection.connection.cursor(name="leaves") as cursor:
        cursor.itersize = _SHARE
        cursor.execute(statement)
        yield cursor
