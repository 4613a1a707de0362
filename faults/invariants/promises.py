"""What partners were promised, by their own file, against what is recorded."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg

Line = Mapping[str, Any]
Key = tuple[str, str]
"""Organisation and external id."""


class Record(NamedTuple):
    parcel: str
    number: int
    move: str


class Promises(NamedTuple):
    lines: list[Line]
    movements: Mapping[Key, list[Record]]
    declared: Mapping[Key, list[str]]
    approvals: Mapping[int, list[Record]]

    def of(self, what: str) -> Iterator[Line]:
        return (line for line in self.lines if line["what"] == what)


_MOVEMENTS: Final = """
SELECT o.code, m.external_id, p.number, m.number,
       CASE m.move WHEN 'observe' THEN m.details ->> 'move' ELSE m.move END
  FROM parcels_movement m JOIN parcels_parcel p ON p.id = m.parcel_id
  JOIN people_organisation o ON o.id = m.organisation_id
 WHERE m.external_id IS NOT NULL
"""
_DECLARED: Final = """
SELECT o.code, p.external_id, p.number FROM parcels_parcel p
  JOIN people_organisation o ON o.id = p.organisation_id WHERE p.external_id IS NOT NULL
"""
_APPROVED: Final = """
SELECT (m.details ->> 'approval')::bigint, p.number, m.number, m.move FROM parcels_movement m
  JOIN parcels_parcel p ON p.id = m.parcel_id WHERE m.details ? 'approval'
"""


def read(connection: psycopg.Connection[Any], ledger: Path) -> Promises:
    movements: dict[Key, list[Record]] = defaultdict(list)
    for organisation, external_id, *rest in connection.execute(_MOVEMENTS):
        movements[organisation, external_id].append(Record(*rest))
    declared: dict[Key, list[str]] = defaultdict(list)
    for organisation, external_id, number in connection.execute(_DECLARED):
        declared[organisation, external_id].append(number)
    approvals: dict[int, list[Record]] = defaultdict(list)
    for approval, *rest in connection.execute(_APPROVED):
        approvals[approval].append(Record(*rest))
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    return Promises(lines, movements, declared, approvals)


def lost(promises: Promises) -> Iterator[str]:
    """Yield each promise that is not recorded just as it was given."""
    for line in promises.of("promised"):
        key = (line["organisation"], line["external_id"])
        if line["move"] == "register":
            if line["parcel"] not in promises.declared.get(key, []):
                yield f"{line['external_id']}: declared as {line['parcel']}, which is not there"
        elif Record(line["parcel"], line["number"], line["move"]) not in promises.movements.get(key, []):
            yield f"{line['external_id']}: {line['number']}. of {line['parcel']} is not recorded"
    for line in promises.of("by_two"):
        found = promises.approvals.get(line["approval"], [])
        if (line["parcel"], line["move"]) not in {(each.parcel, each.move) for each in found}:
            yield f"{line['parcel']}: {line['move']} under approval {line['approval']} is not recorded"


def doubled(promises: Promises) -> Iterator[str]:
    recorded: list[tuple[Key, int]] = [(key, len(found)) for key, found in promises.movements.items()]
    recorded += [(key, len(found)) for key, found in promises.declared.items()]
    for (_, external_id), times in recorded:
        if times > 1:
            yield f"{external_id}: recorded {times} times"
    for approval, acts in promises.approvals.items():
        if len(acts) > 1:
            yield f"approval {approval}: carried out {len(acts)} times"
    for key, parcels in _parcels_promised(promises).items():
        if len(parcels) > 1:
            yield f"{key[1]}: promised as {sorted(parcels)}"


def _parcels_promised(promises: Promises) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = defaultdict(set)
    for line in promises.of("promised"):
        if line["move"] == "register":
            found[line["organisation"], line["external_id"]].add(line["parcel"])
    return found


def unasked(promises: Promises) -> Iterator[str]:
    """Yield what is recorded under an external id that nobody sent."""
    asked = {(line["organisation"], line["external_id"]) for line in promises.of("asked")}
    for key in (*promises.movements, *promises.declared):
        if key not in asked:
            yield f"{key[1]}: nobody asked for it"


def refused(promises: Promises) -> Iterator[str]:
    """Yield what was refused, where each was asked in its right order and by those who may."""
    for line in promises.of("refused"):
        yield f"{line['external_id']}: {line['move']} was refused: {line['problem']}"


def counts(promises: Promises) -> Counter[str]:
    return Counter(line["what"] for line in promises.lines)
