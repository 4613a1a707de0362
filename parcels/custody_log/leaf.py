"""How a movement is hashed: format version 1, published with an example in docs/custody-log.md.

What every party of a round may read stands in the entry itself. The rest stands there as salted hashes, part
by part, so that a reader who may not see a part can check the movement all the same, and cannot guess it. All
salts of a leaf come from one secret of its own: whoever is told some of them learns none of the others.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from people.canonical import GREATEST, canonical
from people.heads import moment
from people.merkle import leaf_hash

VERSION: Final = 1
COLUMNS: Final = (
    "e.id, p.number, e.number, e.from_status, e.move, e.status, e.happened_at, e.recorded_at,"
    " e.organisation_id, e.actor, e.staff_id, e.client_id, e.external_id, e.corrects, e.details::text,"
    " e.xact::text"
)

# Which part of an entry a detail belongs to; what is not named here is told to nobody. As long as the version
# is this one, no key may change its place.
TOLD_TO_ALL: Final = frozenset(
    {
        "act", "complete", "declaration", "document", "evidence", "examined_before", "gross_mass_g", "method",
        "move", "on_behalf_of", "rules_version", "said_by", "where",
    }
)  # fmt: skip
CONTENTS: Final = frozenset({"findings", "lines_described", "lines_removed", "reason"})
ROUTE: Final = frozenset({"consignment", "new_seal", "old_seal", "place", "seal"})
PARTS: Final = ("contents", "kept", "number", "own", "route")
_LEAF: Final = b"leaf"
_LABELS: Final = {part: part.encode() for part in PARTS}

_PART_OF: Final[Mapping[str, str]] = (
    dict.fromkeys(TOLD_TO_ALL, "details")
    | dict.fromkeys(CONTENTS, "contents")
    | dict.fromkeys(ROUTE, "route")
)
# Keys in another order than that of their code points need a character beyond the basic plane.
_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_ODD: Final = "\ud7ff"


class Parted(NamedTuple):
    entry: dict[str, Any]
    """What is hashed with the leaf's own salt; in `hidden` the hashes of the parts."""
    parts: dict[str, dict[str, Any]]


def leaf_of(row: Sequence[Any], secret: bytes) -> bytes:
    """Return the leaf of a movement, its columns in the order of `COLUMNS`."""
    return leaf_hash(salt_of(secret) + text(parted(row, secret).entry).encode())


def salt_of(secret: bytes, part: str = "leaf") -> bytes:
    return hmac.digest(secret, _LABELS.get(part, _LEAF), "sha256")


def parted(row: Sequence[Any], secret: bytes) -> Parted:
    """Take a movement apart: what all may read, and the parts that are for some or for nobody."""
    (
        pk, parcel, number, from_status, move, status, happened_at, recorded_at, organisation, actor, staff,
        client, external_id, corrects, details, xact,
    ) = row  # fmt: skip
    told: dict[str, dict[str, Any]] = {
        "details": {},
        "contents": {},
        "kept": {"id": pk, "xact": xact, "staff": staff, "client": client},
        "number": {"number": number, "corrects": corrects},
        "own": {"external_id": external_id},
        "route": {},
    }
    if details != "{}":
        for key, value in _decode(details).items():
            told[_PART_OF.get(key, "kept")][key] = value
    entry = {
        "version": VERSION,
        "parcel": parcel,
        "from_status": from_status,
        "move": move,
        "status": status,
        "happened_at": moment(happened_at),
        "recorded_at": moment(recorded_at),
        "organisation": organisation,
        "actor": actor,
        "details": told.pop("details"),
        "hidden": {part: part_hash(salt_of(secret, part), told[part]) for part in PARTS},
    }
    return Parted(entry, told)


def part_hash(salt: bytes, told: Mapping[str, Any]) -> str:
    return hashlib.sha256(salt + text(told).encode()).hexdigest()


def text(told: Mapping[str, Any]) -> str:
    """Return canonical JSON (RFC 8785)."""
    if not told:
        return "{}"
    found = _encode(told)
    return found if found.isascii() or max(found) <= _ODD else canonical(told)


def _whole(number: str) -> int | str:
    found = int(number)
    return found if abs(found) <= GREATEST else number


# Numbers that not every reader of JSON reads alike are told as text, in PostgreSQL's writing.
_decode: Final = json.JSONDecoder(parse_float=str, parse_int=_whole).decode
