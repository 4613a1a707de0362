"""The nodes of a tree that keeps them: proofs read some hundred hashes, however large the tree has become."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from django.db import connection

from people.merkle import node_hash
from people.sealing import TILE, Tree, TreeBroken

_KEPT: Final = 64
"""Tiles in memory: each has twice 256 hashes at most."""


class Kept:
    """Finds the root of a subtree, as `people.merkle` asks for it, from leaves and the roots above them.

    A tile is what hangs below one of the roots that are kept, down to the leaves or to such roots again.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._tile = lru_cache(_KEPT)(self._read)

    def __call__(self, height: int, place: int) -> bytes:
        """:raises TreeBroken: if what should be kept is not there"""
        level, rows = divmod(height, TILE)
        tile, at = divmod(place << rows, 1 << TILE)
        try:
            return self._tile(level, tile)[rows][at >> rows]
        except IndexError:
            raise TreeBroken from None

    def _read(self, level: int, tile: int) -> list[list[bytes]]:
        """Return the hashes of a tile row by row, from below."""
        table, place, of = ("node", "place", "level") if level else ("leaf", "index", "0")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT hash FROM {self._tree.tables}{table}"
                f" WHERE {of} = %s AND {place} BETWEEN %s AND %s ORDER BY {place}",
                [level, tile << TILE, ((tile + 1) << TILE) - 1],
            )
            rows = [[bytes(found) for (found,) in cursor.fetchall()]]
        while len(below := rows[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            rows.append([node_hash(left, right) for left, right in pairs])
        return rows
