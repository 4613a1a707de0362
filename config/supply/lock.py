"""The pinned requirements, as the lock has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

BASE_DIR: Final = Path(__file__).resolve().parents[2]
RUN: Final = BASE_DIR / "requirements" / "run.txt"
ALL: Final = (RUN, BASE_DIR / "requirements" / "test.txt")
_PIN: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Pin(NamedTuple):
    name: str
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of each file that may be installed, in hex."""


def pins(*locks: Path) -> list[Pin]:
    found = {pin.name: pin for lock in locks for pin in _pins(lock.read_text())}
    return [found[name] for name in sorted(found)]


def _pins(text: str) -> Iterator[Pin]:
    for match in _PIN.finditer(text):
        yield Pin(match["name"], match["version"], tuple(_HASH.findall(match["rest"])))
