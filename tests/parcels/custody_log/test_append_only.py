"""Eight ways around append-only, each tried as the processes that could be taken over: web and worker."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from parcels.models import CustodyHead
from people import sealing
from people.acts import Act
from people.audit import By, record
from people.audit_tree import AUDIT
from tests.databases import Database, as_role
from tests.factories import World, handed_over
from tests.parcels.custody_log.conftest import WORKER, seal

TABLES = (
    "parcels_movement", "parcels_custodyleaf", "parcels_custodysalt", "parcels_custodynode",
    "parcels_custodyhead", "people_auditentry", "people_auditleaf", "people_auditsalt", "people_audithead",
)  # fmt: skip
Role = psycopg.Connection[tuple[Any, ...]]
Way = Callable[[Role, str], None]


def update(role: Role, table: str) -> None:
    (column,) = _row(
        role, "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2", table
    )
    role.execute(f"UPDATE {table} SET {column} = {column}")  # type: ignore[arg-type]


def delete(role: Role, table: str) -> None:
    role.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]


def truncate(role: Role, table: str) -> None:
    role.execute(f"TRUNCATE {table} CASCADE")  # type: ignore[arg-type]


def disable_triggers(role: Role, table: str) -> None:
    role.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]


def take_the_replica_role(role: Role, table: str) -> None:
    role.execute("SET session_replication_role = replica")
    delete(role, table)


def take_the_owners_rights(role: Role, table: str) -> None:
    (owner,) = _row(role, "SELECT tableowner FROM pg_tables WHERE tablename = %s", table)
    role.execute(f'SET ROLE "{owner}"')  # type: ignore[arg-type]
    delete(role, table)


def take_the_table(role: Role, table: str) -> None:
    role.execute(f"ALTER TABLE {table} OWNER TO CURRENT_USER")  # type: ignore[arg-type]


def copy_over(role: Role, table: str) -> None:
    """Every row again under its own key, as a restore would write it."""
    asked = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
    )
    columns = ", ".join(name for (name,) in role.execute(asked, [table]))
    with role.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as out:  # type: ignore[arg-type]
            rows = b"".join(bytes(each) for each in out)
        assert rows
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:  # type: ignore[arg-type]
            copy.write(rows)


def change_the_schema(role: Role, table: str) -> None:
    role.execute(f"ALTER TABLE {table} ADD COLUMN more text")  # type: ignore[arg-type]


def drop_the_trigger(role: Role, table: str) -> None:
    role.execute(f"DROP TRIGGER append_only ON {table}")  # type: ignore[arg-type]


def replace_its_function(role: Role, table: str) -> None:
    role.execute(
        "CREATE OR REPLACE FUNCTION public.lifeline_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    )


def put_a_rule_before_it(role: Role, table: str) -> None:
    role.execute(f"CREATE RULE instead AS ON INSERT TO {table} DO INSTEAD NOTHING")  # type: ignore[arg-type]


def drop_the_table(role: Role, table: str) -> None:
    role.execute(f"DROP TABLE {table} CASCADE")  # type: ignore[arg-type]


WAYS: dict[str, tuple[Way, ...]] = {
    "UPDATE": (update,),
    "DELETE": (delete,),
    "TRUNCATE": (truncate,),
    "disabling triggers": (disable_triggers, drop_the_trigger),
    "replica role": (take_the_replica_role,),
    "owner rights": (take_the_owners_rights, take_the_table),
    "COPY over": (copy_over,),
    "schema change": (change_the_schema, replace_its_function, put_a_rule_before_it, drop_the_table),
}


def _row(role: Role, statement: str, *values: object) -> tuple[Any, ...]:
    row = role.execute(statement, values).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row  # type: ignore[no-any-return]


def _kept(database: Database) -> dict[str, tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("SET lifeline.system = 'on'")
        return {
            table: _row(
                owner, f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} t"
            )
            for table in TABLES
        }


@pytest.fixture
def filled(w: World, committed_db: Database) -> Database:
    handed_over(w)
    seal()
    with as_role(WORKER):
        record(By.WORKER, Act.PURGED)
        sealing.seal_all(AUDIT)
    with psycopg.connect(committed_db.owner_url) as owner:
        owner.execute("INSERT INTO parcels_custodynode (level, place, hash) VALUES (1, 0, sha256('x'))")
    assert CustodyHead.objects.exists()
    return committed_db


def test_there_are_eight_ways() -> None:
    assert len(WAYS) == 8


@pytest.mark.parametrize("name", ["lifeline_web", "lifeline_worker", None])
def test_no_process_finds_a_way_around_append_only(filled: Database, name: str | None) -> None:
    """In its role, and as the plain login that it has before it takes one."""
    before = _kept(filled)
    found = [
        (way, attempt.__name__, table)
        for table in TABLES
        for way, attempts in WAYS.items()
        for attempt in attempts
        if not _is_refused(filled.url, name, table, attempt)
    ]
    assert found == []
    assert _kept(filled) == before


def _is_refused(url: str, name: str | None, table: str, attempt: Way) -> bool:
    with psycopg.connect(url) as role:
        if name:
            role.execute(f"SET ROLE {name}")  # type: ignore[arg-type]
        try:
            attempt(role, table)
            role.commit()
        except psycopg.Error:
            role.rollback()
            return True
    return False


@pytest.mark.parametrize("way", [update, delete, truncate])
def test_owner_is_refused_by_the_triggers_alone(filled: Database, way: Way) -> None:
    before = _kept(filled)
    for table in TABLES:
        with psycopg.connect(filled.owner_url) as owner:
            owner.execute("SET lifeline.system = 'on'")
            with pytest.raises(psycopg.Error, match="append-only"):
                way(owner, table)
            owner.rollback()
    assert _kept(filled) == before
