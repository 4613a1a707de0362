"""Looking for people everywhere they could be left: in the clear, and under every key that is left."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import redis
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.core.cache import caches

from people import vault
from tests.config.canaries.people import CANARIES
from tests.config.test_dump import dump

_NONCE: Final = 12
_TAG: Final = 16
_HEADERS: Final = {vault.FORMAT: 3, vault.FIRST_FORMAT: 1}
# How a sealed value of the present format begins where a document keeps it as text.
_IN_TEXT: Final = re.compile(rb"AgAA[A-Za-z0-9+/]{36,}={0,2}")


def left_in(*texts: bytes) -> set[int]:
    """Return the numbers of those of whom anything stands in these bytes."""
    whole = b"\n".join(texts)
    return {each.number for each in CANARIES if any(string.encode() in whole for string in each.strings)}


def in_the_clear(owner_url: str) -> bytes:
    return dump(owner_url)


def opened(owner_url: str) -> bytes:
    """Return what every sealed value of every table says under any key that is left.

    Each value is tried with each key, without asking for which place and row it was sealed, so it finds also
    what no page would show.
    """
    values = set(_sealed(owner_url))
    kept = {settings.KEYS.key("kek", version) for version in settings.KEYS.live("kek")}
    keys = kept | {plain for kek in kept for value in values if len(plain := _decrypted(kek, value)) == 32}
    return b"\n".join(plain for key in keys for value in values if _is_text(plain := _decrypted(key, value)))


def _sealed(owner_url: str) -> Iterator[bytes]:
    with psycopg.connect(owner_url) as owner:
        columns = owner.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND udt_name = 'bytea'"
        ).fetchall()
        for table, column in columns:
            rows = owner.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')  # type: ignore[arg-type]
            yield from (bytes(value) for (value,) in rows if bytes(value)[:1] in _HEADERS)
    yield from (b64decode(found[0]) for found in _IN_TEXT.finditer(dump(owner_url)))


def _decrypted(key: bytes, value: bytes) -> bytes:
    """Return what was sealed, or noise: GCM enciphers as CTR does, from the second block on (SP 800-38D)."""
    begins = _HEADERS[value[:1]]
    nonce, sealed = value[begins : begins + _NONCE], value[begins + _NONCE : -_TAG]
    if len(nonce) < _NONCE:
        return b""
    cipher = Cipher(algorithms.AES256(key), modes.CTR(nonce + (2).to_bytes(4))).decryptor()
    return cipher.update(sealed) + cipher.finalize()


def _is_text(plain: bytes) -> bool:
    try:
        return bool(plain.decode())
    except UnicodeDecodeError:
        return False


def in_redis() -> bytes:
    """Return every value of every kind of every key."""
    server = redis.Redis.from_url(settings.REDIS_URL)
    read = {
        b"string": server.get,
        b"list": lambda key: server.lrange(key, 0, -1),
        b"set": server.smembers,
        b"zset": lambda key: server.zrange(key, 0, -1, withscores=True),
        b"hash": server.hgetall,
        b"stream": server.xrange,
    }
    return b"\n".join(key + repr(read[server.type(key)](key)).encode() for key in server.scan_iter())


def in_caches() -> bytes:
    return b"\n".join(
        repr(getattr(cache, "_cache", {})).encode() for cache in caches.all(initialized_only=True)
    )


def in_files(folders: Iterable[Path]) -> bytes:
    return b"\n".join(
        path.name.encode() + path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    )


def readable(text: bytes) -> str:
    """Return a little around each canary, for the message of a failure."""
    strings = "|".join(re.escape(string) for each in CANARIES for string in each.strings)
    shown = text.decode(errors="replace")
    return "\n".join(found[0] for found in re.finditer(rf".{{0,60}}(?:{strings}).{{0,20}}", shown))[:2000]
