"""Every task, run twice and run twice at once, does its work once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from config import database
from config.celery import app
from parcels import tasks, workers
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


# What tells when somebody looked, and grows by looking again.
_OF_LOOKING = ("parcels_liveness", "parcels_reconciliation", "parcels_duesince", "people_auditcheck")


def kept(*, leaving_out: tuple[str, ...] = ()) -> dict[str, int]:
    """Return how many rows each table has, and of parcels which."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if table not in leaving_out:
                cursor.execute(
                    f"SELECT count(*), hashtext(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{table}\" t"
                )
                found[table] = cursor.fetchone()
        return found


@pytest.mark.parametrize("kind", workers.DRAINS)
def test_any_work_done_again_at_once_or_later_has_no_second_effect(committed_db: Database, kind: str) -> None:
    """Of every kind there is: with work of all kinds due, done once to its end, then by two at once, then again."""
    w = world()
    for make in (to_screen, to_send_home, to_admit, to_end, to_hear_of):
        make(w)
    owner = committed_db.owner_url
    for _ in range(2):  # what one kind brings on, another goes on with
        for each in workers.DRAINS:
            database.use(committed_db.url, role=WORKER, system=True)
            tasks.drain(each)
    database.use(owner, system=True)
    before = kept(leaving_out=_OF_LOOKING)
    database.use(committed_db.url, role=WORKER, system=True)

    at_once(lambda: tasks.drain(kind))
    tasks.drain(kind)

    database.use(owner, system=True)
    after = kept(leaving_out=_OF_LOOKING)
    assert {table: after[table] for table in after if after[table] != before[table]} == {}


def test_every_task_there_is_is_run_here_twice() -> None:
    assert {name for name in app.tasks if name.startswith("parcels.")} == {"parcels.drain", "parcels.tick"}
    assert {kind for kind, *_ in CASES.values()} <= set(workers.DRAINS)
