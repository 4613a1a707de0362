"""Sealing what is known of people and routes: AES-256-GCM, one key a person or subject, wrapped by a key from
outside the database.

A sealed value is one byte of format, two of the wrapping key's version (zero where no such key was used), a
nonce of 12 bytes, then ciphertext and tag. Format and version, its place (table and field) and its row are
authenticated with it, so a value copied to another field or row does not open. Format 1, without version and
row, still opens until it was sealed anew.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

FORMAT: Final = b"\x02"
FIRST_FORMAT: Final = b"\x01"
FACT_PLACE: Final = "people.fact"
KEY_PLACE: Final = "people.key"
ERASED: Final = "erased"
"""What stands where a purge has emptied a value: it was taken away on purpose, and is no damage."""
_NONCE: Final = 12
_UNWRAPPED: Final = FORMAT + b"\x00\x00"
_HEADER: Final = len(_UNWRAPPED)


class KeyPair(NamedTuple):
    """A key, plain for use now and wrapped for keeping, and the version that wrapped it."""

    plain: bytes
    wrapped: bytes
    kek_version: int


def new_key(row: int | str, *, place: str = KEY_PLACE) -> KeyPair:
    """Return a fresh key, wrapped for the row that keeps it: a person's is theirs."""
    plain = AESGCM.generate_key(256)
    wrapped = wrap(plain, place=place, row=row)
    return KeyPair(plain, wrapped, kek_version(wrapped))


def wrap(secret: bytes, *, place: str, row: int | str) -> bytes:
    """:raises Locked: while the key-encryption key is not in memory"""
    version = settings.KEYS.current("kek")
    header, nonce = FORMAT + version.to_bytes(2), os.urandom(_NONCE)
    return header + nonce + settings.KEYS.wrap(version, nonce, secret, _bound(header, place, row))


def unwrap(wrapped: bytes | memoryview, *, row: int | str, place: str = KEY_PLACE) -> bytes:
    """:raises cryptography.exceptions.InvalidTag: if it was changed, moved, or wrapped by another key
    :raises Locked: while the key-encryption key is not in memory
    """
    kept = bytes(wrapped)
    if kept[:1] == FIRST_FORMAT:
        return settings.KEYS.unwrap(1, kept[1 : 1 + _NONCE], kept[1 + _NONCE :], place.encode())
    header, nonce, sealed = _parts(kept)
    return settings.KEYS.unwrap(kek_version(kept), nonce, sealed, _bound(header, place, row))


def rewrap(wrapped: bytes | memoryview, *, row: int | str, place: str) -> bytes:
    """Return the same key wrapped by the version in use; what it sealed stays as it is."""
    return wrap(unwrap(wrapped, row=row, place=place), place=place, row=row)


def kek_version(wrapped: bytes | memoryview) -> int:
    kept = bytes(wrapped[:_HEADER])
    return 1 if kept[:1] == FIRST_FORMAT else int.from_bytes(kept[1:])


def seal(key: bytes, text: str, *, place: str, row: int | str) -> bytes:
    """Return `text` sealed for a field of the row, which is named by its id."""
    nonce = os.urandom(_NONCE)
    return _UNWRAPPED + nonce + _cipher(key).encrypt(nonce, text.encode(), _bound(_UNWRAPPED, place, row))


def unseal(key: bytes, sealed: bytes | memoryview, *, place: str, row: int | str) -> str:
    """:raises cryptography.exceptions.InvalidTag: if it was changed, moved, or sealed under another key."""
    kept = bytes(sealed)
    if not kept:
        return ERASED
    if kept[:1] == FIRST_FORMAT:
        nonce, sealed = kept[1 : 1 + _NONCE], kept[1 + _NONCE :]
        return _cipher(key).decrypt(nonce, sealed, place.encode()).decode()
    header, nonce, sealed = _parts(kept)
    return _cipher(key).decrypt(nonce, sealed, _bound(header, place, row)).decode()


def is_bound(sealed: bytes | memoryview) -> bool:
    """Whether a value is bound to its row, as all are that were sealed or rewritten since format 2."""
    return bytes(sealed[:1]) == FORMAT


def search_key(text: str, version: int | None = None) -> bytes:
    """Return the keyed hash, 16 bytes, under which `text` is found again without being readable."""
    return search_hashes([text], version or settings.KEYS.current("search"))[0]


def search_hashes(texts: Iterable[str], version: int) -> list[bytes]:
    """Return the keyed hash of each text under one version."""
    keyed = _keyed(settings.KEYS.versions("search").texts[version])
    return [_hashed(keyed, text) for text in texts]


def search_keys(text: str) -> list[bytes]:
    """Return the hash under each live version, that in use first: while it rotates, either may be kept."""
    return [search_key(text, version) for version in settings.KEYS.live("search")]


def search_keys_by_age(text: str) -> list[bytes]:
    """Return the hash under each live version, the oldest first."""
    return [search_key(text, version) for version in sorted(settings.KEYS.live("search"))]


def content_key(key: bytes, text: str) -> bytes:
    """Return a hash, 16 bytes, that only who has the person's key can make; it needs no rotation."""
    keyed = HMAC(key, SHA256())
    keyed.update(b"content\x00" + text.encode())
    return keyed.finalize()[:16]


def forget() -> None:
    """Drop the ciphers of the keys used last."""
    _cipher.cache_clear()


def _hashed(keyed: HMAC, text: str) -> bytes:
    copied = keyed.copy()
    copied.update(text.encode())
    return copied.finalize()[:16]


@lru_cache(maxsize=4)
def _keyed(key: str) -> HMAC:
    """Taking in the key is most of the work on a text as short as a name."""
    return HMAC(bytes.fromhex(key), SHA256())


def _bound(header: bytes, place: str, row: int | str) -> bytes:
    return header + f"{place}|{row}".encode()


def _parts(kept: bytes) -> tuple[bytes, bytes, bytes]:
    if kept[:1] != FORMAT:
        raise ValueError(f"sealed by an unknown version: {kept[:1].hex()}")
    return kept[:_HEADER], kept[_HEADER : _HEADER + _NONCE], kept[_HEADER + _NONCE :]


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    """Making one takes longer than using it, and what is sealed together is sealed under few keys."""
    return AESGCM(key)
