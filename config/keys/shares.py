"""A key in three shares of which any two make it: Shamir's scheme, byte by byte over GF(2^8).

Field and shares are those of draft-mcgrew-tss-03, whose example is a test. One share alone tells nothing.
"""

import hashlib
import secrets
from base64 import b32decode, b32encode
from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

OFFICERS: Final = 3
NEEDED: Final = 2
_POLYNOMIAL: Final = 0x11B
_KEY_BYTES: Final = 32
_CHECK_BYTES: Final = 3
_GROUP: Final = 4


class NotAShare(ValueError):
    """What was typed is none, or was mistyped."""


class Share(NamedTuple):
    """One officer's part of one version of the key-encryption key."""

    version: int
    officer: int
    part: bytes

    def text(self) -> str:
        """Return it as printed: base32 in groups, the end of which tells a mistyped one."""
        body = self.version.to_bytes(2) + self.officer.to_bytes(1) + self.part
        letters = b32encode(body + _check(body)).decode().rstrip("=")
        return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def read(text: str) -> Share:
    """:raises NotAShare: if it is mistyped"""
    letters = "".join(text.upper().split()).replace("-", "").replace("0", "O").replace("1", "I")
    try:
        kept = b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise NotAShare from None
    body, check = kept[:-_CHECK_BYTES], kept[-_CHECK_BYTES:]
    if len(body) != 3 + _KEY_BYTES or check != _check(body) or body[2] not in range(1, OFFICERS + 1):
        raise NotAShare
    return Share(int.from_bytes(body[:2]), body[2], body[3:])


def split(key: bytes, version: int) -> list[Share]:
    slope = secrets.token_bytes(len(key))
    return [Share(version, index, at(key, slope, index)) for index in range(1, OFFICERS + 1)]


def at(key: bytes, slope: bytes, index: int) -> bytes:
    """Return the points at `index` of the lines that cross zero at the key's bytes."""
    return bytes(byte ^ _times(rise, index) for byte, rise in zip(key, slope, strict=True))


def combine(parts: Mapping[int, bytes]) -> bytes:
    """Return where the lines through the first two of `parts` (by index) cross zero.

    :raises NotAShare: if there are fewer than two
    """
    if len(parts) < NEEDED:
        raise NotAShare
    ((one, first), (other, second)) = next(pairwise(sorted(parts.items())))
    between = _inverse(one ^ other)
    weights = _times(other, between), _times(one, between)
    return bytes(
        _times(mine, weights[0]) ^ _times(theirs, weights[1])
        for mine, theirs in zip(first, second, strict=True)
    )


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        product ^= left * (right & 1)
        left = (left << 1) ^ (_POLYNOMIAL * (left >> 7))
        right >>= 1
    return product


def _inverse(number: int) -> int:
    """The power 254 of a number is its inverse: of 255 it is one."""
    inverse = 1
    for _ in range(254):
        inverse = _times(inverse, number)
    return inverse


def _check(body: bytes) -> bytes:
    return hashlib.sha256(b"lifeline share" + body).digest()[:_CHECK_BYTES]
