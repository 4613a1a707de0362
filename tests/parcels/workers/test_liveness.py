"""Who works: real processes that start, freeze, are killed, or end as they were asked to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from config.launcher.processes import BASE_DIR
from parcels.models import Liveness
from parcels.workers import liveness
from tests.databases import Database, as_role
from tests.factories import accepted, world
from tests.parcels.test_bell import Bell, celery_worker, environment, stop
from tests.parcels.test_bell import bell as bell
from tests.parcels.workers.conftest import WORKER, age, is_cleared, until

pytestmark = pytest.mark.usefixtures("nobody_entered")


@pytest.fixture
def nobody_entered() -> Iterator[None]:
    yield
    liveness._me = None


def programs() -> list[str]:
    return list(Liveness.objects.order_by("program", "pk").values_list("program", flat=True))


def sweep(on: Database, program: str = "sweep") -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", program, "--every", "0.2"], cwd=BASE_DIR, env=on.environment(WORKER)
    )


def beat(on: Database, bell: Bell, schedule: Path) -> "subprocess.Popen[bytes]":
    where = ["--schedule", str(schedule), "--pidfile=", "--loglevel", "ERROR"]
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "tests.parcels.workers.quick", "beat", *where],
        cwd=BASE_DIR, env=environment(on, bell, WORKER),
    )  # fmt: skip


def test_sweep_says_that_it_lives_claims_and_sweeps_and_its_row_goes_with_it(committed_db: Database) -> None:
    parcel = accepted(world())
    process = sweep(committed_db)
    try:
        assert until(lambda: is_cleared(parcel))
        assert until(lambda: Liveness.objects.filter(claimed_at__isnull=False).exists())
        row = Liveness.objects.get()
        assert (row.program, row.pid, row.swept_at is not None) == ("sweep", process.pid, True)
        assert liveness.summary() == "ok"
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert Liveness.objects.count() == 0


def test_relay_says_that_it_lives_and_its_row_goes_with_it(committed_db: Database) -> None:
    process = sweep(committed_db, "relay")
    try:
        assert until(lambda: programs() == ["relay"])
        assert Liveness.objects.get().swept_at is not None
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert programs() == []


def test_killed_process_is_taken_away_by_the_next(committed_db: Database) -> None:
    killed = sweep(committed_db)
    assert until(lambda: programs() == ["sweep"])
    killed.kill()
    killed.wait()
    assert programs() == ["sweep"]

    other = sweep(committed_db)
    try:
        assert until(lambda: list(Liveness.objects.values_list("pid", flat=True)) == [other.pid])
    finally:
        other.send_signal(signal.SIGTERM)
        other.wait(10)


def test_frozen_process_is_silent_and_stays_shown(committed_db: Database) -> None:
    frozen = sweep(committed_db)
    try:
        assert until(lambda: programs() == ["sweep"])
        frozen.send_signal(signal.SIGSTOP)
        with as_role(WORKER):
            age("parcels_liveness", "seen_at", "61 s")
            liveness.enter("worker")
            liveness.seen()
        assert [row.pid for row in liveness.silent()] == [frozen.pid]
        assert liveness.summary() == "none: nothing that is due is found"
    finally:
        frozen.kill()
        frozen.wait()


def test_worker_and_beat_say_that_they_live_and_what_they_claimed(
    committed_db: Database, bell: Bell, tmp_path: Path
) -> None:
    parcel = accepted(world())
    worker = celery_worker(committed_db, bell)
    ringing = beat(committed_db, bell, tmp_path / "schedule")
    try:
        assert until(lambda: programs() == ["beat", "worker"])
        assert until(lambda: is_cleared(parcel), 40)
        row = Liveness.objects.get(program="worker")
        assert row.pid == worker.pid
        assert until(lambda: Liveness.objects.filter(pid=worker.pid, swept_at__isnull=False).exists(), 40)
        assert liveness.summary() == "no sweep: what is due is found only while Redis rings"

        # A worker that hears again after Redis died says again that it lives.
        bell.signal(signal.SIGKILL)
        bell.crew.stop()
        bell.start()
        with as_role(WORKER):
            Liveness.objects.update(seen_at=Now() - timedelta(hours=1))
        assert until(lambda: not liveness.silent().exists(), 60)
    finally:
        stop(ringing)
        stop(worker)
    assert "worker" not in programs()


@pytest.mark.django_db
def test_who_never_entered_says_nothing() -> None:
    with as_role(WORKER):
        liveness.seen()
        liveness.claimed()
        liveness.swept()

    assert Liveness.objects.count() == 0


@pytest.mark.django_db
def test_row_of_another_machine_stays_a_day() -> None:
    liveness.enter("sweep")
    with as_role(WORKER), connection.cursor() as cursor:
        for host, ago in (("far", "23 hours"), ("farther", "25 hours")):
            row = Liveness.objects.create(program="sweep", host=host, pid=1)
            cursor.execute(
                "UPDATE parcels_liveness SET seen_at = seen_at - %s::interval WHERE id = %s", [ago, row.pk]
            )
        liveness.seen()

    assert sorted(Liveness.objects.values_list("host", flat=True)) == sorted(
        ["far", os.uname().nodename[:64]]
    )
    assert liveness.summary() == "silent: sweep"


@pytest.mark.django_db
def test_without_anybody_readyz_says_so() -> None:
    assert liveness.summary() == "none: nothing that is due is found"
