"""Looking for people everywhere they could be left: in the clear, and under every key that is left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.cache import caches

from exchanges import sealed
from exchanges.actions import prisoners, visit_reports, visits
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE
from parcels.settling import NOTE_PLACE
from people import detention, vault
from people.lists import keeping
from tests.config.canaries.people import CANARIES
from tests.config.test_dump import dump

_PLACES: Final = (
    vault.FACT_PLACE, NOTE_PLACE, LINE_PLACE, RELATIONSHIP_PLACE, detention.PLACE, keeping.ENTRY_PLACE,
    visit_reports.WORDS, visits.PLACE, prisoners._PLACE, sealed.TITLE, sealed.REGION, sealed.SCOPE,
    sealed.WISH, sealed.WHEREABOUTS, sealed.CLAIM, sealed.ASSESSMENT,
)  # fmt: skip
_KEY_PLACES: Final = ("people.key", keeping.KEY_PLACE)


def left_in(*texts: bytes) -> set[int]:
    """Return the numbers of those of whom anything stands in these bytes."""
    whole = b"\n".join(texts)
    return {each.number for each in CANARIES if any(string.encode() in whole for string in each.strings)}


def in_the_clear(owner_url: str) -> bytes:
    return dump(owner_url)


def opened(owner_url: str) -> bytes:
    """Return what every sealed value of every table says under any key that is left.

    It tries each value with each key at each place, so it finds also what no page would show.
    """
    values = set(_sealed(owner_url))
    kek = bytes.fromhex(settings.KEYS.kek)
    keys = {kek}
    for value in values:
        for place in _KEY_PLACES:
            if (plain := _try(kek, value, place)) and len(plain) == 32:
                keys.add(plain)
    found = b""
    for key in keys:
        cipher = AESGCM(key)
        for value in values:
            for place in _PLACES:
                found += _try(key, value, place, cipher) or b""
    return found


def _sealed(owner_url: str) -> Iterator[bytes]:
    with psycopg.connect(owner_url) as owner:
        columns = owner.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND udt_name = 'bytea'"
        ).fetchall()
        for table, column in columns:
            rows = owner.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')  # type: ignore[arg-type]
            yield from (bytes(value) for (value,) in rows if bytes(value)[:1] == vault.VERSION)


def _try(key: bytes, value: bytes, place: str, cipher: AESGCM | None = None) -> bytes | None:
    try:
        return (cipher or AESGCM(key)).decrypt(value[1:13], value[13:], place.encode())
    except (InvalidTag, ValueError):
        return None


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
