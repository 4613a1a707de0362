"""Signed heads of the sealed logs' trees: who has one can show later what the tree held then.

A head is Ed25519 (RFC 8032) over canonical JSON (RFC 8785), format version 1, which names its log, audit or
custody. Its key, and the key of the marks that is derived from it (HKDF, RFC 5869), are outside the database.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from people.canonical import canonical

VERSION: Final = 1
_MARK: Final = 16


class Signed(NamedTuple):
    key: str
    signature: bytes


def text(log: str, size: int, root: bytes, at: datetime) -> str:
    """Return what is signed: readable by everybody, and the same for everybody."""
    kind = f"lifeline {log} head"
    return canonical({"kind": kind, "version": VERSION, "size": size, "root": root.hex(), "at": moment(at)})


def moment(at: datetime) -> str:
    """Return a time as RFC 3339 has it, in UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sign(log: str, size: int, root: bytes, at: datetime) -> Signed:
    return sign_text(text(log, size, root, at))


def sign_text(told: str) -> Signed:
    key = _keys()[0]
    return Signed(key_name(key), _private(key).sign(told.encode()))


def is_signed(log: str, size: int, root: bytes, at: datetime, by: str, signature: bytes) -> bool:
    """Whether one of the keys that are known here signed this head."""
    for key in _keys():
        if key_name(key) == by:
            return verify(public_key(key), text(log, size, root, at).encode(), signature)
    return False


def verify(public: bytes, told: bytes, signature: bytes) -> bool:
    """Whether the key with these 32 public bytes signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, told)
    except InvalidSignature:
        return False
    return True


def mark(log: str, place: int, told: bytes) -> bytes:
    """Return what shows that a leaf, or what is kept beside a head, is ours, without the rest of the tree."""
    return _mark(_keys()[0], log, place, told)


def is_marked(log: str, place: int, told: bytes, found: bytes) -> bool:
    return any(hmac.compare_digest(_mark(key, log, place, told), found) for key in _keys())


def public_keys() -> dict[str, bytes]:
    """Return name → public key of 32 bytes, of all keys that are known here."""
    return {key_name(key): public_key(key) for key in _keys()}


def public_key(key: str) -> bytes:
    return _private(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_name(key: str) -> str:
    return hashlib.sha256(public_key(key)).hexdigest()[:16]


def _keys() -> tuple[str, ...]:
    """Return the keys as hex, the one in use first."""
    return (settings.KEYS.audit, *settings.KEYS.older("audit"))


@lru_cache(maxsize=8)
def _private(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))


@lru_cache(maxsize=8)
def _mark_key(key: str, log: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"lifeline {log} leaf mark".encode()).derive(bytes.fromhex(key))


def _mark(key: str, log: str, place: int, told: bytes) -> bytes:
    return hmac.digest(_mark_key(key, log), place.to_bytes(8) + told, "sha256")[:_MARK]
