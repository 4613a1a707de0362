"""Every task, run twice and run twice at once, does its work once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from config import database
from parcels import tasks
from parcels.actions import Step, advance
from parcels.models import Batch, Parcel
from parcels.workers import ticks
from people import actors
from tests.databases import Database
from tests.factories import NOON, World, accepted, dispatched, handed_over, move, world
from tests.parcels.workers.conftest import WORKER, history
from tests.parcels.workers.test_recheck import new_terms
from tests.parcels.workers.test_situations import told
from tests.parcels.workers.test_visits import told as at_visit

COUNT = 8
Moves = list[tuple[str, str]]


def to_screen(w: World) -> Parcel:
    return accepted(w, "печенье", "мыло")


def to_recheck(w: World) -> Parcel:
    return move(to_screen(w), "clear", actors.worker(w.north.pk), rules_version=1)


def to_send_home(w: World) -> Parcel:
    parcel = accepted(w)
    told(w, parcel, "exchanged")
    return parcel


def to_admit(w: World) -> Parcel:
    parcel = dispatched(w)
    steps = [
        Step(parcel.number, "admit", NOON, details={"examined_before": "nobody"}),
        Step(parcel.number, "hand_over", NOON, details={"act": "A-1"}),
    ]
    advance(steps, by=w.act(w.elena), now=NOON)
    return parcel


def to_end(w: World) -> Parcel:
    parcel = move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP")
    Parcel.objects.filter(pk=parcel.pk).update(status_since=timezone.now() - timedelta(days=31))
    return parcel


def to_hear_of(w: World) -> Parcel:
    parcel = handed_over(w)
    at_visit(w, parcel)
    return parcel


CASES: dict[str, tuple[str, Callable[[World], Parcel], str]] = {
    "screen": ("screen", to_screen, "cleared"),
    "recheck": ("recheck", to_recheck, "accepted"),
    "situation": ("follow", to_send_home, "returning"),
    "fact": ("follow", to_admit, "admitted"),
    "visit": ("follow", to_hear_of, "confirmed"),
    "home": ("deadlines", to_end, "returning"),
}


def as_worker(committed_db: Database) -> None:
    database.use(committed_db.url, role=WORKER)


def at_once(run: Callable[[], object], times: int = 2) -> list[object]:
    start = Barrier(times)

    def one() -> object:
        try:
            start.wait(10)
            return run()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(times)]]


@pytest.mark.parametrize("case", CASES)
def test_task_moves_each_parcel_once(committed_db: Database, case: str) -> None:
    kind, make, target = CASES[case]
    w = world()
    parcels = [make(w) for _ in range(COUNT)]
    if case == "recheck":
        new_terms(w)
    before = [history(parcel) for parcel in parcels]
    # As small shares, so that there is something for both.
    for half in (parcels[::2], parcels[1::2]):
        Batch.objects.create(kind=case, ids=[parcel.pk for parcel in half], attempts=0)
    as_worker(committed_db)

    at_once(lambda: tasks.drain(kind))
    tasks.drain(kind)

    after = [history(parcel) for parcel in parcels]
    assert [steps[: len(old)] for steps, old in zip(after, before, strict=True)] == before
    assert [[s for _, s in steps[len(old) :]] for steps, old in zip(after, before, strict=True)] == [
        [target]
    ] * COUNT
    assert Batch.objects.count() == 0


def test_tick_runs_once_for_two_beats(committed_db: Database) -> None:
    parcel = to_screen(world())
    as_worker(committed_db)

    at_once(lambda: tasks.tick("sweep"))

    assert history(parcel) == [("clear", "cleared")]
    assert ticks.take("sweep") is False
