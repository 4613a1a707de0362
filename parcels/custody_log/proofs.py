"""What shows that a movement is in the log, and that a log only grew (RFC 9162, 2.1.3 and 2.1.4)."""

from __future__ import annotations

from typing import Any

from parcels.custody_log.tree import CUSTODY
from parcels.models import CustodyHead
from people import heads, merkle, sealing
from people.nodes import Kept
from people.sealing import Head


def inclusion(index: int, size: int, nodes: Kept) -> list[str]:
    """:raises IndexError: if the log of that size has no such leaf"""
    return [each.hex() for each in merkle.inclusion_proof(index, size, nodes)]


def consistency(older: int, size: int, nodes: Kept) -> list[str]:
    """:raises IndexError: if there never was a log of the older size"""
    return [each.hex() for each in merkle.consistency_proof(older, size, nodes)]


def head_told(head: Head) -> dict[str, Any]:
    """Return a head as partners are told it."""
    return {
        "size": head.size,
        "root": head.root.hex(),
        "at": heads.moment(head.at),
        "key": head.key,
        "signature": head.signature.hex(),
    }


def head_of_row(row: CustodyHead) -> Head:
    """Return a head as it is listed, without what is kept beside it."""
    return Head(row.size, bytes(row.root), b"", row.at, row.key, bytes(row.signature), "", b"")


def head_of(size: int) -> Head | None:
    return next(iter(sealing.read_heads(CUSTODY, "WHERE size = %s", [size])), None)
