"""A parcel that kills whoever screens it, by a real SIGKILL: tried five times, put aside alone."""

import subprocess
import sys

import pytest

from config.launcher.processes import BASE_DIR
from parcels.models import Batch, Parcel, Quarantine
from tests.databases import Database
from tests.factories import accepted, world
from tests.parcels.workers.conftest import WORKER, age, history

# As when a parcel's contents exhaust the memory: the kernel ends the process while it is at this parcel.
DEADLY = """
import os, signal, sys, django
django.setup()
from parcels import workers
from parcels.workers import screen

def deadly(ids, now):
    if {poison} in ids:
        os.kill(os.getpid(), signal.SIGKILL)
    screen.screen(ids, now)

screen.WORK = screen.WORK._replace(do=deadly)
workers.drain("screen")
"""
_MOST_PROCESSES = 15


def drain(on: Database, poison: Parcel) -> int:
    done = subprocess.run(
        [sys.executable, "-c", DEADLY.format(poison=poison.pk)], cwd=BASE_DIR, check=False, timeout=60,
        env=on.environment(WORKER) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    return done.returncode


def test_parcel_that_kills_its_worker_is_put_aside_alone(committed_db: Database) -> None:
    w = world()
    parcels = [accepted(w, "мыло") for _ in range(4)]
    poison = parcels[1]
    alone = 0

    for _ in range(_MOST_PROCESSES):
        before = [batch.ids for batch in Batch.objects.all()]
        if (ended := drain(committed_db, poison)) == 0:
            break
        assert ended == -9
        alone += [poison.pk] in [batch.ids for batch in Batch.objects.all()] and [poison.pk] in before
        age("parcels_batch", "claimed_at", "6 s")
    else:
        pytest.fail("it was tried for ever")

    assert [(q.kind, q.parcel, q.reason) for q in Quarantine.objects.all()] == [("screen", poison, "")]
    assert 4 <= alone <= 5
    assert [history(parcel) for parcel in parcels] == [
        [] if parcel == poison else [("clear", "cleared")] for parcel in parcels
    ]
    assert Batch.objects.count() == 0
