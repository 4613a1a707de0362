import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from config.celery import app
from config.launcher.processes import BASE_DIR
from parcels import workers
from parcels.models import Parcel, Tick
from parcels.workers import ticks
from tests.databases import Database, as_role
from tests.factories import World, accepted, world
from tests.parcels.test_bell import Bell, celery_worker, environment, stop
from tests.parcels.test_bell import bell as bell
from tests.parcels.workers.conftest import WORKER, is_cleared, until


@pytest.mark.django_db
def test_slot_is_taken_once() -> None:
    with as_role(WORKER):
        first = ticks.take("tidy")
        slots = Tick.objects.count()

        assert (first, ticks.take("tidy"), Tick.objects.count() - slots) == (True, False, 0)


@pytest.mark.django_db
def test_slot_is_the_databases_time_floored_to_the_period() -> None:
    ticks.take("sweep")

    slot = Tick.objects.get().slot
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - %s", [slot])
        (ago,) = cursor.fetchone()
    assert (slot.timestamp() % 15, 0 <= ago.total_seconds() < 16) == (0, True)


def test_run_does_the_schedules_kinds_for_the_one_that_took_the_slot(w: World) -> None:
    accepted(w)
    with as_role(WORKER):
        assert ticks.run("sweep") is True
    assert Parcel.objects.get().status == "cleared"
    Tick.objects.all().delete()
    again = accepted(w)
    ticks.take("sweep")

    assert ticks.run("sweep") is False

    again.refresh_from_db()
    assert again.status == "accepted"


def test_beat_rings_for_each_schedule_at_its_period() -> None:
    beat = {
        (entry["task"], *entry["args"]): entry["schedule"].total_seconds()
        for entry in app.conf.beat_schedule.values()
    }
    assert beat == {("parcels.tick", name): schedule.period_s for name, schedule in ticks.SCHEDULES.items()}
    assert {kind for schedule in ticks.SCHEDULES.values() for kind in schedule.kinds} == {*workers.DRAINS}


def beats(on: Database, bell: Bell, folder: Path, many: int) -> "list[subprocess.Popen[bytes]]":
    return [
        subprocess.Popen(
            [
                sys.executable, "-m", "celery", "-A", "tests.parcels.workers.quick", "beat", "--pidfile=",
                "--loglevel", "ERROR", "--schedule", str(folder / f"schedule-{place}"),
            ],
            cwd=BASE_DIR, env=environment(on, bell, WORKER),
        )
        for place in range(many)
    ]  # fmt: skip


def slots(schedule: str) -> list[float]:
    rows = Tick.objects.filter(schedule=schedule).order_by("slot")
    return [slot.timestamp() for slot in rows.values_list("slot", flat=True)]


def test_three_beats_and_then_none_make_one_run_a_slot(
    committed_db: Database, bell: Bell, tmp_path: Path
) -> None:
    """By processes: however many ring, a slot is a row; while none rings, a sweep takes the slots that come."""
    worker = celery_worker(committed_db, bell, "tests.parcels.workers.quick")
    ringing = beats(committed_db, bell, tmp_path, 3)
    try:
        assert until(lambda: len(slots("quick")) >= 6, 60)
        heard = slots("quick")
        for process in ringing:
            process.kill()
            process.wait()
        parcel = accepted(world())
        ringing = beats(committed_db, bell, tmp_path, 2)
        assert until(lambda: is_cleared(parcel), 40)
    finally:
        for process in ringing:
            stop(process)
        stop(worker)
    assert len(heard) == len(set(heard))
    assert {second - first for first, second in itertools.pairwise(heard)} == {1.0}
    assert parcel.movements.count() == 3


def test_sweep_takes_the_slots_of_all_schedules(committed_db: Database) -> None:
    with as_role(WORKER):
        ticks.take_all()
        ticks.take_all()

    assert sorted(Tick.objects.values_list("schedule", flat=True)) == sorted(ticks.SCHEDULES)
