"""Sealing what is known of people: AES-256-GCM, one key a person, wrapped by a key from outside the database.

A sealed value is one version byte, a nonce of 12 bytes, then ciphertext and tag. Its place (table and field)
is authenticated with it, so a value copied elsewhere does not open.
"""

import os
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

VERSION: Final = b"\x01"
FACT_PLACE: Final = "people.fact"
_NONCE: Final = 12


class PersonKeyPair(NamedTuple):
    """A person's key, plain for use now and wrapped for keeping."""

    plain: bytes
    wrapped: bytes


def new_key() -> PersonKeyPair:
    plain = AESGCM.generate_key(256)
    return PersonKeyPair(plain, wrap(plain, place="people.key"))


def wrap(secret: bytes, *, place: str) -> bytes:
    return _seal(_kek(), secret, place)


def unwrap(wrapped: bytes | memoryview, *, place: str = "people.key") -> bytes:
    """:raises cryptography.exceptions.InvalidTag: if it was changed or wrapped by another key."""
    return _open(_kek(), wrapped, place)


def seal(key: bytes, text: str, *, place: str) -> bytes:
    return _seal(key, text.encode(), place)


def unseal(key: bytes, sealed: bytes | memoryview, *, place: str) -> str:
    """:raises cryptography.exceptions.InvalidTag: if it was changed, moved, or sealed under another key."""
    return _open(key, sealed, place).decode()


def search_key(text: str) -> bytes:
    """Return the keyed hash, 16 bytes, under which `text` is found again without being readable."""
    keyed = _keyed(settings.KEYS.search).copy()
    keyed.update(text.encode())
    return keyed.finalize()[:16]


@lru_cache(maxsize=2)
def _keyed(key: str) -> HMAC:
    """Taking in the key is most of the work on a text as short as a name."""
    return HMAC(bytes.fromhex(key), SHA256())


def _kek() -> bytes:
    return bytes.fromhex(settings.KEYS.kek)


def _seal(key: bytes, plain: bytes, place: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return VERSION + nonce + _cipher(key).encrypt(nonce, plain, place.encode())


def _open(key: bytes, stored: bytes | memoryview, place: str) -> bytes:
    sealed = bytes(stored)
    if sealed[:1] != VERSION:
        raise ValueError(f"sealed by an unknown version: {sealed[:1].hex()}")
    return _cipher(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    """Making one takes longer than using it, and what is sealed together is sealed under few keys."""
    return AESGCM(key)
