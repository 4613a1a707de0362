"""A parcel's receipt code under the keys of this installation: made, made again, and looked up by its hash.

Both keys have versions, and a parcel's row says which of each. A code is made again by the version that made
it, for its family holds it on paper; what is looked up may lie under any version that is live.
"""

from __future__ import annotations

import secrets
from typing import Final, NamedTuple

from django.conf import settings

from parcels import codes

SEED_BYTES: Final = 16


class NewCode(NamedTuple):
    """What a parcel's row keeps of its code; the code itself is not among it."""

    seed: bytes
    code_key_version: int
    lookup_key_version: int
    code_hash: bytes


def new(seed: bytes | None = None) -> NewCode:
    seed = seed or secrets.token_bytes(SEED_BYTES)
    version, lookup = settings.KEYS.current("code"), settings.KEYS.current("lookup")
    return NewCode(seed, version, lookup, hash_of(seed, version, lookup))


def code_of(seed: bytes | memoryview, version: int) -> str:
    """:raises KeyError: where that version of the code key was retired: its last code is dead"""
    return codes.receipt_code(settings.KEYS.key("code", version), bytes(seed))


def hash_of(seed: bytes | memoryview, version: int, lookup: int) -> bytes:
    return codes.lookup_hash(settings.KEYS.key("lookup", lookup), code_of(seed, version))


def hashes_of(typed: str) -> list[bytes]:
    """Return under which hashes a code may lie, that of the version in use first.

    What cannot be a code is hashed too, so that nobody tells the two apart by the time it takes.
    """
    code = codes.normalise(typed) or ""
    live = settings.KEYS.live("lookup")
    return [codes.lookup_hash(settings.KEYS.key("lookup", version), code) for version in live]
