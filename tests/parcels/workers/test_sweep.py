"""The sweep as a process: without Redis, through the database's troubles, as many as there may be."""

import signal
import subprocess
import sys
import time

import psycopg

from config import database
from config.launcher.processes import BASE_DIR
from tests.databases import WEB, Database
from tests.factories import accepted, world
from tests.parcels.workers.conftest import WORKER, is_cleared, until

NOBODY_THERE = "redis://127.0.0.1:1/0"
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def sweep(on: Database, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "sweep", *arguments], cwd=BASE_DIR,
        env=on.environment(WORKER) | {"REDIS_URL": NOBODY_THERE}, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_sweep_needs_no_redis_survives_the_database_and_ends_at_once(committed_db: Database) -> None:
    w = world()
    first = accepted(w, "мыло")
    process = sweep(committed_db, "--every", "0.2")
    try:
        assert until(lambda: is_cleared(first))
        for _ in range(3):
            with psycopg.connect(committed_db.url, autocommit=True) as other:
                other.execute(CUT_OFF)
            database.use(committed_db.url, role=WEB)
            parcel = accepted(w, "мыло")
            assert until(lambda parcel=parcel: is_cleared(parcel))
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    assert process.wait(10) == 0
    assert time.monotonic() - asked < 3


def test_any_number_of_sweeps_may_run(committed_db: Database) -> None:
    w = world()
    parcels = [accepted(w, "мыло") for _ in range(6)]

    running = [sweep(committed_db, "--once") for _ in range(3)]

    assert [process.wait(30) for process in running] == [0, 0, 0]
    assert [parcel.movements.count() for parcel in parcels] == [3] * 6
    assert all(is_cleared(parcel) for parcel in parcels)
