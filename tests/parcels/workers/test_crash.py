"""Workers that are killed, a Redis that is wiped: every parcel ends where it would have."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from config import database
from config.launcher.processes import BASE_DIR
from parcels.actions import register
from parcels.models import Batch, Finding, Movement, Parcel
from tests import factories
from tests.databases import WEB, Database
from tests.factories import NOON, World, world
from tests.parcels.workers.conftest import WORKER, age

PARCELS = 2_500
KILLS = 10
GOODS = ("печенье", "мыло", "шкарпетки", "чай", "сало домашнее", "загадочная вещь", "нож", "soap")


def accepted_parcels(w: World) -> None:
    drawn = random.Random(7)  # noqa: S311  repeatable, not secret
    declarations = [
        factories.declaration(
            *drawn.sample(GOODS[:4] if n % 3 else GOODS, 3),
            external_id=f"crash-{n}", gross_mass_g=6_000, accepted_at=NOON,
        )
        for n in range(PARCELS)
    ]  # fmt: skip
    register(declarations, round_=w.round, by=w.act(w.amina), now=NOON)


@pytest.fixture
def undisturbed(committed_db: Database) -> Iterator[Database]:
    """A second database with the same parcels, waiting to be screened in both."""
    accepted_parcels(world(second_look_share="0.100"))
    database.use(committed_db.url, role=WEB)
    twin = Database(f"{committed_db.name}_twin")
    twin.make(committed_db)
    yield twin
    database.use(committed_db.url, role=WEB)
    twin.drop()


def worker(on: Database, *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=BASE_DIR, env=on.environment(WORKER),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill_in_the_middle(on: Database, after_s: float) -> bool:
    """Start a worker, kill it so long after it claimed a batch; return whether it left one."""
    with psycopg.connect(on.owner_url, autocommit=True) as owner:
        claimed = "SELECT max(claimed_at) FROM parcels_batch"
        before = owner.execute(claimed).fetchone()
        process = worker(on, "drain", "screen")
        while owner.execute(claimed).fetchone() == before and process.poll() is None:
            time.sleep(0.002)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return Batch.objects.exclude(claimed_at=None).exists()


def outcome(of: Database) -> dict[str, object]:
    """All that screening left, without times."""
    database.use(of.url, role=WEB)
    movements = Movement.objects.order_by("parcel", "number")
    findings = Finding.objects.order_by("parcel", "at_number", "line", "category", "code")
    return {
        "parcels": list(Parcel.objects.order_by("pk").values_list("number", "status", "last_number")),
        "movements": list(
            movements.values_list("parcel", "number", "from_status", "move", "status", "details")
        ),
        "findings": list(findings.values_list("parcel", "at_number", "line", "category", "verdict", "code")),
        "batches": Batch.objects.count(),
    }


def test_workers_killed_ten_times_leave_what_one_would_have(
    committed_db: Database, undisturbed: Database
) -> None:
    drawn = random.Random(11)  # noqa: S311
    assert worker(undisturbed, "drain", "screen").wait() == 0

    left = 0
    for _ in range(KILLS):
        left += kill_in_the_middle(committed_db, drawn.uniform(0, 0.04))
        age("parcels_batch", "claimed_at", "6 s")
    assert worker(committed_db, "drain", "screen").wait() == 0

    assert left > 1
    expected = outcome(undisturbed)
    assert outcome(committed_db) == expected
    assert Counter(status for _, status, _ in expected["parcels"]).keys() == {  # type: ignore[attr-defined]
        "cleared", "in_review", "refused",
    }  # fmt: skip
