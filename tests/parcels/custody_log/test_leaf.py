"""The form of a leaf: the published example, computed anew by nothing but hashes, and what parts tell whom."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parcels import access
from parcels.custody_log import leaf
from parcels.custody_log.leaf import PARTS, leaf_of, parted, salt_of, text
from people.canonical import canonical

DOCUMENT = Path("docs/custody-log.md").read_text()
SECRET = bytes(range(32))
EXAMPLE = (
    7, "PZ123456785ZZ", 5, "packed", "dispatch", "dispatched", datetime(2026, 11, 20, 12, 0, 0, 5, UTC),
    datetime(2026, 11, 20, 12, 0, 1, 0, UTC), 1, "staff", 3, None, "north-5", None,
    '{"seal": "SEAL-1", "consignment": "C-1"}', "1234",
)  # fmt: skip


def row(**changed: Any) -> tuple[Any, ...]:
    names = (
        "id", "parcel", "number", "from_status", "move", "status", "happened_at", "recorded_at",
        "organisation", "actor", "staff", "client", "external_id", "corrects", "details", "xact",
    )  # fmt: skip
    return tuple({**dict(zip(names, EXAMPLE, strict=True)), **changed}.values())


def published(name: str) -> str:
    """Return what docs/custody-log.md shows under this word."""
    found = re.search(rf"^{name}: *\n\n((?:    .*\n)+)", DOCUMENT, re.MULTILINE)
    assert found, name
    return "".join(line.strip() for line in found[1].splitlines())


def test_example_is_published_as_it_is_hashed() -> None:
    whole = parted(EXAMPLE, SECRET)

    assert text(whole.entry) == published("The entry")
    assert leaf_of(EXAMPLE, SECRET).hex() == published("The leaf")
    assert {part: salt_of(SECRET, part).hex() for part in ("leaf", "route")} == {
        "leaf": published("The salt"), "route": published("The salt of the route"),
    }  # fmt: skip
    assert text(whole.parts["route"]) == published("The route")


def test_example_can_be_computed_from_the_document_alone() -> None:
    """By SHA-256 and HMAC and none of our code."""
    entry = json.loads(published("The entry"))
    salt, of_route = (bytes.fromhex(published(name)) for name in ("The salt", "The salt of the route"))

    plain = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(b"\x00" + salt + plain).hexdigest() == published("The leaf")
    route = hashlib.sha256(of_route + published("The route").encode()).hexdigest()
    assert entry["hidden"]["route"] == route
    assert hmac.digest(SECRET, b"route", "sha256") == of_route


def test_every_detail_is_in_the_part_of_those_who_may_read_it() -> None:
    assert leaf.TOLD_TO_ALL == access._TOLD_TO_ALL
    assert leaf.CONTENTS == access._CONTENTS
    assert leaf.ROUTE == access._ROUTE


@pytest.mark.parametrize("part", PARTS)
def test_salt_of_a_part_is_of_no_use_for_another(part: str) -> None:
    salts = {salt_of(SECRET, each) for each in ("leaf", *PARTS)}
    assert len(salts) == 6
    assert part_hash_with(salt_of(SECRET), part) != parted(EXAMPLE, SECRET).entry["hidden"][part]


def part_hash_with(salt: bytes, part: str) -> str:
    return leaf.part_hash(salt, parted(EXAMPLE, SECRET).parts[part])


@pytest.mark.parametrize(
    "changed",
    [
        {"id": 8}, {"parcel": "PZ000000005ZZ"}, {"number": 6}, {"from_status": None}, {"move": "observe"},
        {"status": "packed"}, {"happened_at": datetime(2026, 11, 20, 12, 0, 0, 6, UTC)},
        {"recorded_at": datetime(2026, 11, 20, 12, 0, 1, 1, UTC)}, {"organisation": 2}, {"actor": "client"},
        {"staff": None}, {"client": 3}, {"external_id": None}, {"corrects": 4}, {"xact": "1235"},
        {"details": '{"seal": "SEAL-2", "consignment": "C-1"}'}, {"details": '{"consignment": "C-1"}'},
        {"details": '{"seal": "SEAL-1", "consignment": "C-1", "cites": 1}'},
    ],
)  # fmt: skip
def test_no_column_can_change_without_the_leaf(changed: dict[str, Any]) -> None:
    assert leaf_of(row(**changed), SECRET) != leaf_of(EXAMPLE, SECRET)


def test_numbers_that_readers_of_json_read_differently_are_told_as_text() -> None:
    details = '{"document": 1.50, "act": 9007199254740993, "gross_mass_g": 9007199254740991}'

    told = parted(row(details=details), SECRET).entry["details"]

    assert told == {"document": "1.50", "act": "9007199254740993", "gross_mass_g": 9007199254740991}


def test_keys_are_in_the_order_of_their_utf16_units() -> None:
    """RFC 8785, 3.2.3: a character beyond the basic plane comes before one of its last block."""
    told = {"\ufb33": 1, "\U0001f600": 2, "a": 3}

    assert text(told) == canonical(told) == '{"a":3,"\U0001f600":2,"\ufb33":1}'
