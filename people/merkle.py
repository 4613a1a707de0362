"""A Merkle tree as in RFC 9162, section 2.1: one root for a growing list, with short proofs about it.

Leaves and nodes are hashed apart, so that no node can be shown as a leaf. A tree is never rebuilt to grow:
its `Frontier`, one hash for each power of two in its size, is all that the next leaf needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

SIZE: Final = 32
"""Bytes of a hash, SHA-256."""
EMPTY: Final = hashlib.sha256().digest()

Proof = list[bytes]
Nodes = Callable[[int, int], bytes]
"""Returns the root of the whole subtree of this height (0: a leaf) and this place among those as high."""


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the whole subtrees of a tree, the largest first: what is kept of it to let it grow."""

    def __init__(
        self,
        size: int = 0,
        roots: Iterable[bytes] = (),
        whole: Callable[[int, int, bytes], None] | None = None,
    ) -> None:
        """
        :param whole: is told of every subtree that becomes whole: its height, its place and its root
        :raises ValueError: if a tree of that size has another number of whole subtrees
        """
        self.size, self.roots, self.whole = size, list(roots), whole
        if len(self.roots) != size.bit_count():
            raise ValueError(f"{len(self.roots)} subtrees for a tree of {size}")

    def append(self, leaf: bytes) -> None:
        """Take in the hash of the next leaf."""
        node, size, height = leaf, self.size, 0
        while size & 1:
            node, size, height = node_hash(self.roots.pop(), node), size >> 1, height + 1
            if self.whole is not None:
                self.whole(height, size, node)
        self.roots.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.roots:
            return EMPTY
        *larger, node = self.roots
        for each in reversed(larger):
            node = node_hash(each, node)
        return node

    def __bytes__(self) -> bytes:
        return b"".join(self.roots)

    @classmethod
    def from_bytes(cls, size: int, kept: bytes) -> Frontier:
        """:raises ValueError: if these are no subtrees of a tree of that size"""
        if len(kept) % SIZE:
            raise ValueError("no row of hashes")
        return cls(size, (kept[at : at + SIZE] for at in range(0, len(kept), SIZE)))


def root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH of these leaf hashes (2.1.1)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """Return what finds the subtrees of a tree whose leaves are all at hand."""
    return lambda height, place: root(leaves[place << height : (place + 1) << height])


def inclusion_proof(index: int, size: int, nodes: Nodes) -> Proof:
    """Return PATH (2.1.3.1): what shows that the leaf at `index` is in the tree of `size` leaves.

    :raises IndexError: if there is no such leaf
    """
    if not 0 <= index < size:
        raise IndexError(index)
    first, last, path = 0, size, []
    while last - first > 1:
        split = first + _split(last - first)
        if index < split:
            path.append(_range(split, last, nodes))
            last = split
        else:
            path.append(_range(first, split, nodes))
            first = split
    return path[::-1]


def consistency_proof(older: int, size: int, nodes: Nodes) -> Proof:
    """Return PROOF (2.1.4.1): what shows that the tree of the first `older` leaves only grew.

    :raises IndexError: if there never was a tree of that size with a leaf
    """
    if not 0 < older <= size:
        raise IndexError(older)
    first, last, path = 0, size, []
    while older < last:
        split = first + _split(last - first)
        if older <= split:
            path.append(_range(split, last, nodes))
            last = split
        else:
            path.append(_range(first, split, nodes))
            first = split
    if first:
        path.append(_range(first, last, nodes))
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Proof, root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root of the tree of `size` leaves (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(each, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, each)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(older: int, size: int, proof: Proof, old_root: bytes, root: bytes) -> bool:
    """Whether the tree with `root` holds all of the older one, unchanged and in its order (2.1.4.2)."""
    if not 0 < older <= size:
        return False
    if older == size:
        return not proof and old_root == root
    path = [old_root, *proof] if older.bit_count() == 1 else proof
    if not path:
        return False
    at, last = older - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(each, was), node_hash(each, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, each)
        at, last = at >> 1, last >> 1
    return last == 0 and (was, now) == (old_root, root)


def _range(first: int, last: int, nodes: Nodes) -> bytes:
    """Return MTH of the leaves from `first` up to `last`, where a subtree of the tree begins."""
    size = last - first
    if size.bit_count() == 1:
        height = size.bit_length() - 1
        return nodes(height, first >> height)
    split = first + _split(size)
    return node_hash(_range(first, split, nodes), _range(split, last, nodes))


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
