"""Places that movements tell of: on the way they are the route, so they lie sealed under their round's key.

The counter at which a parcel is taken in is none of these: families bring their parcels there.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from parcels.lifecycle import OBSERVE
from people import datakeys, vault

PLACE: Final = "parcels.movement.place"
_SEALED: Final = "sealed:"
_KNOWN_TO_FAMILIES: Final = "accept"
_KIND: Final = datakeys.Kind.ROUND


def row_of(parcel: int, number: int) -> str:
    return f"{parcel}/{number}"


def tells(move: str, details: Mapping[str, Any]) -> bool:
    """Whether a movement tells of a place on the way."""
    what = details.get("move", move) if move == OBSERVE else move
    return bool(details.get("place")) and what != _KNOWN_TO_FAMILIES


def sealed(details: Mapping[str, Any], key: bytes, parcel: int, number: int) -> dict[str, Any]:
    place = vault.seal(key, details["place"], place=PLACE, row=row_of(parcel, number))
    return {**details, "place": _SEALED + b64encode(place).decode()}


def key_for(round_id: int) -> bytes:
    """:raises Locked: while the key-encryption key is not in memory"""
    return datakeys.key_for(_KIND, round_id)


class Opener:
    """Opens the places told of one parcel; the key is asked for once, and only if there is one to open."""

    def __init__(self, parcel: int, round_id: int) -> None:
        self._parcel, self._round = parcel, round_id

    @cached_property
    def _key(self) -> bytes | None:
        return datakeys.keys_of(_KIND, [self._round]).get(self._round)

    def opened(self, move: str, number: int, details: Mapping[str, Any]) -> dict[str, Any]:
        """Return the details with the place in words."""
        kept = details.get("place")
        if not isinstance(kept, str) or not kept.startswith(_SEALED) or not tells(move, details):
            return dict(details)
        if self._key is None:
            return {**details, "place": datakeys.ERASED}
        text = b64decode(kept.removeprefix(_SEALED))
        row = row_of(self._parcel, number)
        return {**details, "place": vault.unseal(self._key, text, place=PLACE, row=row)}
