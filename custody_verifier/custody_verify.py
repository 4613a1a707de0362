# /// script
# requires-python = ">=3.11"
# dependencies = ["cryptography>=42"]
# ///
"""Check an exported custody log without the server that wrote it: `custody_verify.py EXPORT`.

This file stands alone: of other packages it needs `cryptography`, for Ed25519. It recomputes every hash of
the export: each movement that is told, its parts, the Merkle tree (RFC 9162) up to every head, the proofs,
the signatures (RFC 8032). Whatever byte of the file was changed, it says so. The form is format version 1.

Signatures show that the holder of a key wrote the log. Whose key that is, the file cannot show: give the key
that you were told by another way with --key. --known takes an earlier export, or a file of heads as the API
answers them: then the log must hold all that it held when those were signed.

Exit status: 0 sound, 1 not, 2 a file cannot be read or the command is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSION = 1
KIND = "lifeline custody export"
HEAD = "lifeline custody head"
PARTS = ("contents", "kept", "number", "own", "route")
_LONGEST = 1 << 20
"""Bytes of a line."""


class Wrong(Exception):
    """The export is not what was written, and where it is first seen."""


# Canonical JSON, RFC 8785


def canonical(value: object) -> str:
    """:raises Wrong: for what this format does not hold"""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    raise Wrong("a value that canonical JSON does not have here")


# The Merkle tree, RFC 9162, section 2.1


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows, of which the roots of whole subtrees are kept, the largest first."""

    def __init__(self, size: int, roots: list[bytes]) -> None:
        if len(roots) != size.bit_count():
            raise Wrong("what stands before the first leaf is no tree of that size")
        self.size, self.roots = size, roots

    def append(self, leaf: bytes) -> None:
        node, size = leaf, self.size
        while size & 1:
            node, size = node_hash(self.roots.pop(), node), size >> 1
        self.roots.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self.roots:
            return hashlib.sha256().digest()
        *larger, node = self.roots
        for each in reversed(larger):
            node = node_hash(each, node)
        return node


def includes(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
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


def is_consistent(older: int, size: int, proof: list[bytes], old_root: bytes, root: bytes) -> bool:
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


# What the lines hold


def parsed(line: bytes, number: int) -> dict[str, Any]:
    """Return what a line says, if it says it in the one form in which it can be said."""
    try:
        told = json.loads(line.decode())
        if isinstance(told, dict) and canonical(told).encode() + b"\n" == line:
            return told
    except (ValueError, RecursionError, Wrong):
        pass
    raise Wrong(f"line {number} is not canonical JSON")


def hashed(text: object) -> bytes:
    """Return the 32 bytes of a hash in hexadecimal digits."""
    return digits(text, 32)


def digits(text: object, length: int) -> bytes:
    if not isinstance(text, str) or len(text) != 2 * length or not set(text) <= set("0123456789abcdef"):
        raise Wrong(f"not {length} bytes in hexadecimal digits")
    return bytes.fromhex(text)


def hashes(texts: object) -> list[bytes]:
    if not isinstance(texts, list):
        raise Wrong("not a list of hashes")
    return [hashed(each) for each in texts]


def has(told: dict[str, Any], *names: str) -> None:
    if set(told) != set(names):
        raise Wrong(f"not exactly {', '.join(names)}")


class Keys:
    """The public keys that the file names, each by the first bytes of its hash."""

    def __init__(self, told: object, pinned: list[str]) -> None:
        if not isinstance(told, dict) or not told:
            raise Wrong("no keys")
        self._keys: dict[str, bytes] = {}
        for name, public in told.items():
            key = hashed(public)
            if hashlib.sha256(key).hexdigest()[:16] != name:
                raise Wrong(f"key {name} has another name")
            if not pinned or public in pinned:
                self._keys[name] = key
        self.used: set[str] = set()

    def check(self, name: object, signature: object, told: dict[str, Any]) -> None:
        if not isinstance(name, str) or name not in self._keys:
            raise Wrong("signed with a key that is not known")
        try:
            public = Ed25519PublicKey.from_public_bytes(self._keys[name])
            public.verify(digits(signature, 64), canonical(told).encode())
        except InvalidSignature:
            raise Wrong("a signature is not that of its key") from None
        self.used.add(name)


class Log:
    """An export, read line by line."""

    def __init__(self, header: dict[str, Any], pinned: list[str], known: dict[int, bytes]) -> None:
        has(
            header, "before", "first", "for", "keys", "kind", "made_at", "organisations", "root", "since",
            "size", "version",
        )  # fmt: skip
        if (header["kind"], header["version"]) != (KIND, VERSION):
            raise Wrong(f"not a custody export of version {VERSION}")
        self.keys, self.known = Keys(header["keys"], pinned), known
        first, self.size, self.root = header["first"], header["size"], hashed(header["root"])
        if not isinstance(first, int) or not isinstance(self.size, int) or not 0 <= first < self.size:
            raise Wrong("sizes that no log has")
        self.first, self.tree = first, Tree(first, hashes(header["before"]))
        self.head: tuple[int, bytes, str] | None = None
        self.opened, self.unchecked = 0, set(known)

    def take(self, told: dict[str, Any]) -> None:
        if "head" in told:
            self._head(told)
        elif self.head is None and self.first:
            raise Wrong("the head of what stands before the first leaf is missing")
        elif self.tree.size == self.size:
            raise Wrong("a leaf behind the newest head")
        else:
            self.tree.append(self._leaf(told))

    def _leaf(self, told: dict[str, Any]) -> bytes:
        if told.get("index") != self.tree.size:
            raise Wrong("a leaf at another place")
        if "leaf" in told:
            has(told, "index", "leaf")
            return hashed(told["leaf"])
        has(told, "entry", "index", "parts", "proof", "salt")
        self._entry(told["entry"], told["parts"])
        leaf = leaf_hash(hashed(told["salt"]) + canonical(told["entry"]).encode())
        if not includes(leaf, told["index"], self.size, hashes(told["proof"]), self.root):
            raise Wrong("the movement is not in the log, or its proof is another's")
        self.opened += 1
        return leaf

    def _entry(self, entry: object, parts: object) -> None:
        if not isinstance(entry, dict) or not isinstance(parts, dict) or entry.get("version") != VERSION:
            raise Wrong(f"not a movement of version {VERSION}")
        hidden = entry.get("hidden")
        if not isinstance(hidden, dict):
            raise Wrong("a movement without its parts")
        has(hidden, *PARTS)
        for name, part in parts.items():
            if name not in PARTS or not isinstance(part, dict):
                raise Wrong("a part of no movement")
            has(part, "salt", "told")
            found = hashlib.sha256(hashed(part["salt"]) + canonical(part["told"]).encode())
            if found.hexdigest() != hidden[name]:
                raise Wrong(f"another {name} than the movement has")

    def _head(self, told: dict[str, Any]) -> None:
        has(told, "grew", "head")
        head = told["head"]
        if not isinstance(head, dict):
            raise Wrong("not a head")
        has(head, "at", "key", "root", "signature", "size")
        size, root, at = head["size"], hashed(head["root"]), head["at"]
        signed = {"kind": HEAD, "version": VERSION, "size": size, "root": head["root"], "at": at}
        self.keys.check(head["key"], head["signature"], signed)
        if not isinstance(at, str) or not is_moment(at):
            raise Wrong("a head without its time")
        if size != self.tree.size or root != self.tree.root:
            raise Wrong("a head of another tree")
        self._grew(size, root, at, hashes(told["grew"]))
        if size in self.known:
            if self.known[size] != root:
                raise Wrong("not the log that was known before")
            self.unchecked.discard(size)

    def _grew(self, size: int, root: bytes, at: str, proof: list[bytes]) -> None:
        if self.head is None:
            if proof:
                raise Wrong("a proof of growth from nothing")
        else:
            older, old_root, before = self.head
            if at < before:
                raise Wrong("a head older than the one before it")
            if not older < size or not is_consistent(older, size, proof, old_root, root):
                raise Wrong("the log did not only grow")
        self.head = (size, root, at)

    def end(self) -> None:
        if self.head is None or self.head[:2] != (self.size, self.root) or self.tree.size != self.size:
            raise Wrong("its end is missing")
        if self.unchecked:
            raise Wrong(
                f"a log of {min(self.unchecked):,} that was known before is not among its heads:"
                " ask for an export that begins earlier"
            )


def is_moment(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").strftime("%Y-%m-%dT%H:%M:%S.%fZ") == text
    except ValueError:
        return False


def verify(file: BinaryIO, pinned: list[str], known: dict[int, bytes]) -> Log:
    """Read the whole export once, however long it is.

    :raises Wrong: where it is not what was written
    """
    lines, whole = read_lines(file), hashlib.sha256()
    first = next(lines, b"")
    log = Log(parsed(first, 1), pinned, known)
    whole.update(first)
    for number, line in enumerate(lines, start=2):
        told = parsed(line, number)
        if "sha256" in told:
            check_end(told, whole.hexdigest(), log.keys)
            if next(lines, None) is not None:
                raise Wrong(f"line {number + 1} stands behind the end")
            log.end()
            return log
        try:
            log.take(told)
        except Wrong as wrong:
            raise Wrong(f"line {number}: {wrong}") from None
        whole.update(line)
    raise Wrong("its end is missing")


def check_end(told: dict[str, Any], sha256: str, keys: Keys) -> None:
    has(told, "key", "kind", "sha256", "signature", "version")
    signed = {"kind": f"{KIND} end", "version": VERSION, "sha256": sha256}
    if any(told[name] != value for name, value in signed.items()):
        raise Wrong("bytes of the file were changed")
    keys.check(told["key"], told["signature"], signed)


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST):
        if not line.endswith(b"\n"):
            raise Wrong("a line is cut off, or longer than any is")
        yield line


def known_heads(path: Path) -> dict[int, bytes]:
    """Return size → root of the newest head in an export, or of all in a file as the API answers it."""
    text = path.read_text()
    try:
        whole = json.loads(text)
        return {each["size"]: hashed(each["root"]) for each in whole["results"]}
    except json.JSONDecodeError:
        header = json.loads(text.partition("\n")[0])
        return {header["size"]: hashed(header["root"])}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", default=[], metavar="HEX", help="a public key you know")
    parser.add_argument("--known", type=Path, metavar="FILE", help="an earlier export, or heads of the API")
    options = parser.parse_args()
    try:
        known = known_heads(options.known) if options.known else {}
    except (OSError, KeyError, TypeError, ValueError, Wrong):
        sys.stderr.write(f"{options.known}: neither an export nor heads that can be read\n")
        return 2
    try:
        with options.export.open("rb") as file:
            log = verify(file, [key.lower() for key in options.key], known)
    except OSError as error:
        sys.stderr.write(f"{options.export}: {error.strerror}\n")
        return 2
    except Wrong as wrong:
        sys.stdout.write(f"Not sound: {wrong}.\n")
        return 1
    sys.stdout.write(
        f"Sound: {log.size - log.first:,} of {log.size:,} movements, {log.opened:,} of them told;"
        f" signed with {', '.join(sorted(log.keys.used))}.\n"
    )
    if not options.key:
        sys.stdout.write("Compare the key with the one you were told: --key takes it.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
