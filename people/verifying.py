"""Whether the audit is what it was: each entry by its leaf, each leaf by the tree, heads by signatures.

An entry that was purged is there by its leaf alone, and counts as erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from people import heads
from people.merkle import Frontier
from people.models import AuditCheck, AuditHead
from people.sealing import COLUMNS, entry_hash, entry_text

_SHARE: Final = 2_000


class Fault(NamedTuple):
    """What is wrong, and with which entry: its place in the tree, or None for one that stands outside."""

    place: int | None
    entry: int | None
    what: str

    def __str__(self) -> str:
        place = "outside the tree" if self.place is None else f"place {self.place}"
        return f"{self.what}: {place}" + (f", entry {self.entry}" if self.entry else "")


class Verified(NamedTuple):
    size: int
    erased: int
    unsealed: int
    faults: Sequence[Fault]
    """The first bad entry first."""


_LEAVES: Final = f"""
SELECT l.index, l.entry, l.hash, l.mark, s.salt, {COLUMNS}
  FROM people_auditleaf l
  LEFT JOIN people_auditsalt s ON s.index = l.index
  LEFT JOIN people_auditentry e ON e.id = l.entry
 ORDER BY l.index
"""
# Sealed is all that transactions before this one wrote: what stands there without a leaf was put there since.
_INSERTED: Final = """
SELECT e.id FROM people_auditentry e
 WHERE e.xact < COALESCE((SELECT below FROM people_audithead ORDER BY size DESC LIMIT 1), '0')
   AND NOT EXISTS (SELECT FROM people_auditleaf l WHERE l.entry = e.id) ORDER BY e.id
"""
_UNSEALED: Final = """
SELECT count(*) FROM people_auditentry e
 WHERE NOT EXISTS (SELECT FROM people_auditleaf l WHERE l.entry = e.id)
"""


def verify(shipped: Mapping[int, Mapping[str, Any]] | None = None) -> Verified:
    """Read all of it once, as it stands at this moment.

    :param shipped: by place, what was shipped elsewhere as it was written: then each is compared with it too
    """
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            _see_one_moment()
        walk = _Walk(shipped or {})
        walk.go()
        inserted = [Fault(None, pk, "inserted since it was sealed") for pk in _numbers(_INSERTED)]
        (waiting,) = _numbers(_UNSEALED)
    faults = sorted(walk.faults, key=lambda each: each.place or 0) + inserted
    return Verified(walk.tree.size, walk.erased, waiting - len(inserted), faults)


def keep(found: Verified) -> AuditCheck:
    """Keep what came of it, for those who only look."""
    first = next((each.place for each in found.faults if each.place is not None), None)
    return AuditCheck.objects.create(size=found.size, faults=len(found.faults), first=first)


class _Walk:
    """Once along the tree, which grows anew beside it."""

    def __init__(self, shipped: Mapping[int, Mapping[str, Any]]) -> None:
        self.shipped, self.tree = shipped, Frontier()
        self.faults: list[Fault] = []
        self.erased = 0
        # Also what was there when the last head was signed and is no more counts: heads say how many.
        self.heads = {each.size: each for each in AuditHead.objects.order_by("size")}

    def go(self) -> None:
        for index, entry, leaf, mark, salt, *row in _rows(_LEAVES):
            while self.tree.size < index:
                self._missing()
            self._look(index, entry, bytes(leaf), bytes(mark), salt, row)
        last = max(self.heads, default=0)
        while self.tree.size < max(last, *(at + 1 for at in self.shipped), 0):
            self._missing()
        self._beyond(last)

    def _look(
        self, index: int, entry: int, leaf: bytes, mark: bytes, salt: bytes | None, row: Sequence[Any]
    ) -> None:
        if not heads.is_marked(index, leaf, mark):
            self._fault(index, entry, "its leaf was changed")
        elif salt is None and row[0] is None:
            self.erased += 1
        elif salt is None or row[0] is None:
            self._fault(index, entry, "removed" if row[0] is None else "its salt was removed")
        elif entry_hash(row, bytes(salt)) != leaf:
            self._fault(index, entry, "changed")
        elif index in self.shipped and not _is_as_shipped(self.shipped[index], leaf, row):
            self._fault(index, entry, "not as it was shipped")
        self._grow(leaf)

    def _missing(self) -> None:
        """A place without a leaf: its hash is not known any more, unless it was shipped."""
        index = self.tree.size
        self._fault(index, None, "removed with its leaf")
        told = self.shipped.get(index)
        self._grow(bytes.fromhex(str(told["leaf"])) if told else b"")

    def _grow(self, leaf: bytes) -> None:
        self.tree.append(leaf)
        head = self.heads.get(self.tree.size)
        if head is None:
            return
        if not heads.is_signed(head.size, bytes(head.root), head.at, head.key, bytes(head.signature)):
            self._fault(head.size - 1, None, "the head behind it is not signed by us")
        elif self.tree.root != bytes(head.root) and not self.faults:
            self._fault(head.size - 1, None, "the tree up to it is not the one that was signed")

    def _beyond(self, last: int) -> None:
        """Leaves and their head are written in one go: none stands beyond the last head."""
        if self.tree.size > last:
            self._fault(last, None, "the head that covered it was removed")

    def _fault(self, index: int, entry: int | None, what: str) -> None:
        self.faults.append(Fault(index, entry, what))


def _is_as_shipped(told: Mapping[str, Any], leaf: bytes, row: Sequence[Any]) -> bool:
    return bool(told["leaf"] == leaf.hex() and told["entry"] == json.loads(entry_text(row)))


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
    with connection.connection.cursor(name="audit") as cursor:
        cursor.itersize = _SHARE
        cursor.execute(statement)
        yield cursor


def _numbers(statement: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [number for (number,) in cursor.fetchall()]
