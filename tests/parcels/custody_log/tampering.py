"""What whoever owns the database can do to the log, with every guard lifted: one random deed at a time.

The tests do a few of each kind; `LIFELINE_TAMPERS=1000` has them do a thousand.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg

from parcels.custody_log import CUSTODY
from parcels.custody_log.leaf import COLUMNS, leaf_of

TABLES = ("parcels_movement", "parcels_custodyleaf", "parcels_custodysalt", "parcels_custodynode",
          "parcels_custodyhead")  # fmt: skip
Owner = psycopg.Connection[tuple[Any, ...]]


# What is not a key, in either direction: dropped, for only a superuser can let foreign keys sleep.
_IN_THE_WAY = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
 WHERE contype IN ('f', 'c') AND (conrelid::regclass::text = ANY(%s) OR confrelid::regclass::text = ANY(%s))
"""


class Deed(NamedTuple):
    what: str
    place: int | None
    """Of the first movement that is bad now; None for one that stands outside the tree."""


class Tamperer:
    """Every deed is done to the log as it was; `undo` puts all of it back."""

    def __init__(self, owner: Owner, seed: int) -> None:
        self.owner, self.rng = owner, random.Random(seed)  # noqa: S311  the same deeds in every run
        for table, name in self.all(_IN_THE_WAY, list(TABLES), list(TABLES)):
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table in TABLES:
            self.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            self.run(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
        # So that rows can be put back as they were.
        self.run("ALTER TABLE parcels_movement ALTER previous_number DROP EXPRESSION")
        self.size = self.one("SELECT count(*) FROM parcels_custodyleaf")
        self.heads = [row[0] for row in self.all("SELECT size FROM parcels_custodyhead ORDER BY size")]

    def run(self, statement: str, *values: object) -> None:
        self.owner.execute(statement, values)  # type: ignore[call-overload]

    def all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.owner.execute(statement, values).fetchall()  # type: ignore[call-overload,no-any-return]

    def one(self, statement: str, *values: object) -> Any:
        return self.all(statement, *values)[0][0]

    def undo(self) -> None:
        for table in TABLES:
            self.run(f"DELETE FROM {table}")
            self.run(f"INSERT INTO {table} SELECT * FROM kept_{table}")

    def do(self, number: int) -> Deed:
        deed = DEEDS[number % len(DEEDS)]
        return Deed(deed.__name__, deed(self))

    def place(self) -> int:
        return self.rng.randrange(self.size)

    def movement_at(self, place: int) -> int:
        return int(self.one("SELECT movement FROM parcels_custodyleaf WHERE index = %s", place))

    def head(self) -> int:
        return self.rng.choice(self.heads)


def change_a_movement(t: Tamperer) -> int:
    place = t.place()
    column, value = t.rng.choice(
        [
            ("status", "CASE status WHEN 'lost' THEN 'missing' ELSE 'lost' END"),
            ("from_status", "CASE from_status WHEN 'lost' THEN 'missing' ELSE 'lost' END"),
            ("move", "CASE move WHEN 'find' THEN 'fail' ELSE 'find' END"),
            ("happened_at", "happened_at + interval '1 microsecond'"),
            ("recorded_at", "recorded_at - interval '1 day'"),
            ("organisation_id", "organisation_id + 1"), ("actor", "CASE actor WHEN 'staff' THEN 'client' ELSE 'staff' END"),
            ("staff_id", "COALESCE(staff_id, 0) + 1"), ("client_id", "COALESCE(client_id, 0) + 1"),
            ("external_id", "COALESCE(external_id, '') || 'x'"), ("corrects", "COALESCE(corrects, 0) + 1"),
            ("details", """details || '{"act": "ACT-2"}'"""), ("details", """details || '{"cites": 1}'"""),
            ("details", """details || '{"seal": "X"}'"""), ("details", """details || '{"reason": "x"}'"""),
            ("xact", "(xact::text::bigint + 1)::text::xid8"), ("number", "number + 1000"),
            ("parcel_id", "(SELECT p.id FROM parcels_parcel p WHERE p.id <> parcel_id LIMIT 1)"),
        ]
    )  # fmt: skip
    if column == "parcel_id":
        value += ", number = number + 1000"
    t.run(f"UPDATE parcels_movement SET {column} = {value} WHERE id = %s", t.movement_at(place))
    return place


def remove_a_movement(t: Tamperer) -> int:
    place = t.place()
    t.run("DELETE FROM parcels_movement WHERE id = %s", t.movement_at(place))
    return place


def insert_a_movement_into_the_past(t: Tamperer) -> None:
    copied = t.movement_at(t.place())
    t.run(
        "INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,"
        " organisation_id, actor, details, xact) SELECT parcel_id, number + 1000, from_status, 'observe', status,"
        " happened_at, recorded_at, organisation_id, actor, details, xact FROM parcels_movement WHERE id = %s",
        copied,
    )


def insert_a_movement_now(t: Tamperer) -> None:
    copied = t.movement_at(t.place())
    t.run(
        "INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,"
        " organisation_id, actor, details) SELECT parcel_id, number + 1000, from_status, 'observe', status,"
        " happened_at, recorded_at, organisation_id, actor, details FROM parcels_movement WHERE id = %s",
        copied,
    )


def swap_two_movements(t: Tamperer) -> int:
    first, second = _two(t)
    a, b = t.movement_at(first), t.movement_at(second)
    for source, target in ((a, -1), (b, a), (-1, b)):
        t.run("UPDATE parcels_movement SET id = %s WHERE id = %s", target, source)
    return first


def swap_two_leaves(t: Tamperer) -> int:
    first, second = _two(t)
    for table in ("leaf", "salt"):
        for source, target in ((first, -1), (second, first), (-1, second)):
            t.run(f"UPDATE parcels_custody{table} SET index = %s WHERE index = %s", target, source)
    return first


def swap_two_hashes(t: Tamperer) -> int:
    first, second = _two(t)
    t.run(
        "UPDATE parcels_custodyleaf l SET hash = o.hash, mark = o.mark FROM parcels_custodyleaf o"
        " WHERE (l.index, o.index) IN ((%s, %s), (%s, %s))", first, second, second, first,
    )  # fmt: skip
    return first


def change_a_leaf(t: Tamperer) -> int:
    place = t.place()
    column = t.rng.choice(["hash", "mark"])
    t.run(f"UPDATE parcels_custodyleaf SET {column} = {_bit(t, column)} WHERE index = %s", place)
    return place


def lead_a_leaf_to_another_movement(t: Tamperer) -> int:
    place = t.place()
    t.run("UPDATE parcels_custodyleaf SET movement = movement + 1000000 WHERE index = %s", place)
    return place


def change_a_salt(t: Tamperer) -> int:
    place = t.place()
    t.run(f"UPDATE parcels_custodysalt SET salt = {_bit(t, 'salt')} WHERE index = %s", place)
    return place


def remove_a_salt(t: Tamperer) -> int:
    place = t.place()
    t.run("DELETE FROM parcels_custodysalt WHERE index = %s", place)
    return place


def remove_a_leaf(t: Tamperer) -> int:
    place = t.place()
    t.run("DELETE FROM parcels_custodyleaf WHERE index = %s", place)
    return place


def remove_a_movement_with_its_leaf(t: Tamperer) -> int:
    place = t.place()
    _take_out(t, place)
    return place


def remove_a_movement_and_close_the_gap(t: Tamperer) -> int:
    place = t.place()
    _take_out(t, place)
    for table in ("leaf", "salt"):
        t.run(f"UPDATE parcels_custody{table} SET index = -index WHERE index > %s", place)
        t.run(f"UPDATE parcels_custody{table} SET index = -index - 1 WHERE index < 0")
    return place


def insert_a_leaf(t: Tamperer) -> int:
    """A copy of another at the end, or far behind it."""
    place = t.size + t.rng.choice([0, 1, 10**12])
    t.run(
        "INSERT INTO parcels_custodyleaf (index, movement, hash, mark)"
        " SELECT %s, movement + 1000000, hash, mark FROM parcels_custodyleaf WHERE index = %s", place, t.place(),
    )  # fmt: skip
    return place


def change_a_head(t: Tamperer) -> int:
    size = t.head()
    column = t.rng.choice(["root", "frontier", "signature", "mark", "at", "below", "key"])
    value = {
        "at": "at + interval '1 microsecond'", "below": "(below::text::bigint + 1)::text::xid8",
        "key": "reverse(key)",
    }.get(column) or _bit(t, column)  # fmt: skip
    t.run(f"UPDATE parcels_custodyhead SET {column} = {value} WHERE size = %s", size)
    return size - 1


def remove_the_last_head(t: Tamperer) -> int:
    t.run("DELETE FROM parcels_custodyhead WHERE size = %s", t.heads[-1])
    return t.heads[-2]


def cut_off_the_end(t: Tamperer) -> int:
    """The leaves behind some place; the head that covered them stays."""
    place = t.rng.randrange(t.heads[-2], t.size)
    for table in ("leaf", "salt"):
        t.run(f"DELETE FROM parcels_custody{table} WHERE index >= %s", place)
    return place


def rewrite_a_movement_with_its_leaf(t: Tamperer) -> int:
    """As whoever can read our code would: the leaf is that of the changed movement, its mark is the old one."""
    place = t.place()
    movement = t.movement_at(place)
    t.run("UPDATE parcels_movement SET recorded_at = recorded_at - interval '1 hour' WHERE id = %s", movement)
    salt = t.one("SELECT salt FROM parcels_custodysalt WHERE index = %s", place)
    (row,) = t.all(f"SELECT {COLUMNS} FROM {CUSTODY.rows} WHERE e.id = %s", movement)
    t.run("UPDATE parcels_custodyleaf SET hash = %s WHERE index = %s", leaf_of(row, bytes(salt)), place)
    return place


def change_a_node(t: Tamperer) -> int:
    level, place = t.rng.choice(t.all("SELECT level, place FROM parcels_custodynode"))
    t.run(
        f"UPDATE parcels_custodynode SET hash = {_bit(t, 'hash')} WHERE (level, place) = (%s, %s)",
        level,
        place,
    )
    return ((place + 1) << 8 * level) - 1


DEEDS: tuple[Callable[[Tamperer], int | None], ...] = (
    change_a_movement, remove_a_movement, insert_a_movement_into_the_past, insert_a_movement_now,
    swap_two_movements, swap_two_leaves, swap_two_hashes, change_a_leaf, lead_a_leaf_to_another_movement,
    change_a_salt, remove_a_salt, remove_a_leaf, remove_a_movement_with_its_leaf,
    remove_a_movement_and_close_the_gap, insert_a_leaf, change_a_head, remove_the_last_head, cut_off_the_end,
    rewrite_a_movement_with_its_leaf, change_a_node,
)  # fmt: skip


def _two(t: Tamperer) -> tuple[int, int]:
    first, second = sorted(t.rng.sample(range(t.size), 2))
    return first, second


def _bit(t: Tamperer, column: str) -> str:
    """Return SQL for the column with one bit turned."""
    bit = t.rng.randrange(64)
    return f"set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))"


def _take_out(t: Tamperer, place: int) -> None:
    t.run("DELETE FROM parcels_movement WHERE id = %s", t.movement_at(place))
    for table in ("leaf", "salt"):
        t.run(f"DELETE FROM parcels_custody{table} WHERE index = %s", place)
