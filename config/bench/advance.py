"""Screening: the product's worker, one task a parcel, and the bare writes as one statement of SQL."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import redis
from django.conf import settings
from django.db import connection

from config.bench import arena, one_task_a_parcel, rows
from config.bench.figures import Different, Figures, Ratio, Wishes
from config.celery import app
from config.database import Addresses
from config.launcher import programs
from config.launcher.processes import Crew, Program
from config.scratch import Database
from parcels import bell
from parcels.custody_log import CUSTODY
from people import sealing

# One task a parcel is so slow that a share of the parcels gives its rate.
MOST_TASKS: Final = 1_500
OURS, TASK, SQL = "screening worker", "one task a parcel", "one SQL statement"
LOGGED, UNLOGGED = "worker, its moves sealed meanwhile", "worker without a custody log"
RATIOS: Final = (
    Ratio("vs_task", OURS, TASK, 50),
    Ratio("vs_sql", OURS, SQL, 0.35),
    Ratio("vs_unlogged", LOGGED, UNLOGGED, 0.8),
)
_WARM_UP: Final = 200
_SEAL_EVERY_S: Final = 0.5
"""Thirty times as often as the sweep does."""


def run(wishes: Wishes) -> Figures:
    """:raises Different: when a variant leaves other rows than the product's worker"""
    n, folder = wishes.n, wishes.folder
    figures = Figures("advance", n, "parcels", RATIOS)
    tasks = min(n, MOST_TASKS)
    figures.notes.append(f"{TASK}: the first {tasks:,} parcels. It and the worker: Celery, two processes.")
    with arena.template() as template:
        rows.fill(n, rows.TO_ACCEPTED, rows.world())
        sealing.seal_all(CUSTODY)
        arena.tidy()
        verdicts, whole, part = _precompute(template, folder, n, tasks)
        variants: list[tuple[str, int, Outcome, Callable[[Database], float]]] = [
            (OURS, n, whole, lambda database: _worker(database, folder)),
            (TASK, tasks, part, lambda database: _tasks(database, folder, tasks)),
            (SQL, n, whole, lambda database: _statement(verdicts)),
            (LOGGED, n, whole, lambda database: _logged(database, folder)),
            (UNLOGGED, n, whole, lambda database: _unlogged(database, folder)),
        ]
        for variant, parcels, expected, measure in variants * wishes.repeats:
            with arena.copy(template, role=arena.WORKER) as database:
                figures.add(variant, parcels / measure(database))
                _check(variant, outcome(parcels), expected)
    return figures


def _precompute(template: Database, folder: Path, n: int, tasks: int) -> "tuple[Verdicts, Outcome, Outcome]":
    """Screen once unmeasured: what the worker decides is what the statement writes and all must come to."""
    with arena.copy(template, role=arena.WORKER) as database:
        _worker(database, folder)
        return Verdicts(_fetch(_DECIDED), _fetch(_FOUND)), outcome(n), outcome(tasks)


def _worker(database: Database, folder: Path) -> float:
    """One ring of the bell, as after an import."""
    environment = _environment(database, folder)
    (worker,) = [each for each in programs.lasting(environment, 0) if each.name == "worker"]
    with _running(worker, lambda: app.send_task(bell.TASK, ["tidy"])):
        began = time.perf_counter()
        bell.ring("screen")
        return _until_done(began)


def _logged(database: Database, folder: Path) -> float:
    """A sequencer of its own seals all the while, as often as it finds something."""
    over = threading.Event()
    sequencer = threading.Thread(target=_seal_until, args=(over,))
    sequencer.start()
    try:
        return _worker(database, folder)
    finally:
        over.set()
        sequencer.join()


def _seal_until(over: threading.Event) -> None:
    try:
        while not over.wait(_SEAL_EVERY_S):
            sealing.seal_all(CUSTODY)
    finally:
        connection.close()


def _unlogged(database: Database, folder: Path) -> float:
    """Without what movements carry for the log's sake, and with nobody who seals them."""
    arena.use(database, role="", as_owner=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX movement_in_order")
    arena.use(database, role=arena.WORKER)
    return _worker(database, folder)


def _tasks(database: Database, folder: Path, count: int) -> float:
    arguments = ["-A", "config.bench.queue", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = _environment(database, folder).program(
        "tasks", "-m celery", *arguments, *alone, role=arena.WORKER
    )
    with _running(worker, one_task_a_parcel.connect.delay):
        began = time.perf_counter()
        for parcel_id in range(1, count + 1):
            one_task_a_parcel.screen_one.delay(parcel_id)
        return _until_done(began, count)


def _environment(database: Database, folder: Path) -> programs.Environment:
    addresses = Addresses(database.url, database.owner_url, settings.REDIS_URL)
    return programs.Environment(addresses, folder, 0, has_roles=True)


@contextmanager
def _running(worker: Program, send: Callable[[], object]) -> Iterator[None]:
    """Run Celery's two processes; when this yields, both have worked and have nothing to do."""
    crew = Crew()
    child = crew.start(worker)
    messages = redis.Redis.from_url(settings.REDIS_URL)
    try:
        for _ in range(_WARM_UP):
            send()
        crew.wait_for(child, lambda: not messages.exists("celery", "unacked"), seconds=60)
        yield
    finally:
        crew.stop()
        messages.flushall()


def _until_done(began: float, parcels: int | None = None) -> float:
    """Return the seconds from `began` until the first `parcels`, or all, are screened."""
    accepted = "SELECT EXISTS (SELECT FROM parcels_parcel WHERE status = 'accepted' AND id <= %s)"
    while _fetch(accepted, [parcels or 2**62])[0][0]:
        time.sleep(0.02)
    return time.perf_counter() - began


class Verdicts(NamedTuple):
    """What screening decided, as rows: of each parcel its movement, and its findings."""

    movements: list[tuple[Any, ...]]
    findings: list[tuple[Any, ...]]


_DECIDED: Final = """
SELECT parcel_id, number, from_status, move, status, organisation_id, actor, details::text
  FROM parcels_movement WHERE from_status = 'accepted' ORDER BY parcel_id
"""
_FOUND: Final = """
SELECT parcel_id, at_number, line, category, verdict, code, rule_id, terms_id
  FROM parcels_finding ORDER BY parcel_id, id
"""
_TABLES: Final = """
CREATE TEMP TABLE decided (parcel_id bigint PRIMARY KEY, number int, from_status text, move text,
                           status text, organisation_id bigint, actor text, details jsonb);
CREATE TEMP TABLE found (parcel_id bigint, at_number int, line smallint, category text, verdict text,
                         code text, rule_id bigint, terms_id bigint);
"""
_STATEMENT: Final = """
WITH moved AS (
    INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,
                                  organisation_id, actor, details)
    SELECT parcel_id, number, from_status, move, status, now(), now(), organisation_id, actor, details
      FROM decided
), published AS (
    INSERT INTO parcels_publication (parcel_id, number, public_from)
    SELECT parcel_id, number, now() FROM decided
), noted AS (
    INSERT INTO parcels_finding (parcel_id, at_number, line, category, verdict, code, rule_id, terms_id)
    SELECT parcel_id, at_number, line, category, verdict, code, rule_id, terms_id FROM found
)
UPDATE parcels_parcel p SET status = d.status, last_number = d.number, status_since = now()
  FROM decided d WHERE p.id = d.parcel_id
"""


def _statement(verdicts: Verdicts) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, found in (("decided", verdicts.movements), ("found", verdicts.findings)):
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
        cursor.execute("ANALYZE decided, found")
        began = time.perf_counter()
        cursor.execute(_STATEMENT)
        return time.perf_counter() - began


Outcome = dict[str, tuple[int, str]]

# All that a variant leaves, but for times and the keys of rows.
_LEFT: Final = {
    "parcels": "SELECT id, status, last_number FROM parcels_parcel",
    "movements": "SELECT parcel_id AS id, number, from_status, move, status, organisation_id, actor, details"
    "  FROM parcels_movement",
    "publications": "SELECT parcel_id AS id, number FROM parcels_publication",
    "findings": "SELECT parcel_id AS id, at_number, line, category, verdict, code, rule_id, terms_id"
    "  FROM parcels_finding",
}


def outcome(parcels: int) -> Outcome:
    """Return of the first `parcels`, for each kind of row, how many there are and what they come to."""
    return {
        kind: _fetch(
            f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ({rows}) t WHERE id <= %s",
            [parcels],
        )[0]
        for kind, rows in _LEFT.items()
    }


def _check(variant: str, found: Outcome, expected: Outcome) -> None:
    if different := [kind for kind in expected if found[kind] != expected[kind]]:
        raise Different(f"{variant} left other {', '.join(different)} than the worker did.")


def _fetch(statement: str, values: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
