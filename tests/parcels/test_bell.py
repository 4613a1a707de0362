"""Processes of their own, with a Redis of their own that may die, freeze or forget."""

import json
import signal
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config.launcher.processes import BASE_DIR, Child, Crew
from config.launcher.valkey import Valkey
from tests.databases import WEB, Database
from tests.factories import accepted, world
from tests.parcels.workers.conftest import WORKER, is_cleared, until

RING = """
import time, django
django.setup()
from django.db import transaction
from parcels import bell
with transaction.atomic():
    began = time.monotonic()
    {body}
print(began, time.monotonic())
"""
TWICE = "bell.ring('screen'); bell.ring('follow')"


class Bell:
    """A Redis of this test alone."""

    def __init__(self, folder: Path) -> None:
        self.crew = Crew(say=lambda _: None)
        self.valkey = Valkey(folder, folder / "redis.log")
        self.child: Child | None = None

    def start(self) -> None:
        self.child = self.crew.start(self.valkey.program())
        self.crew.wait_for(self.child, self.valkey.is_ready, seconds=20)

    def signal(self, number: signal.Signals) -> None:
        assert self.child is not None
        self.child.process.send_signal(number)

    def rung(self) -> list[tuple[str, object]]:
        """Return task and arguments of the messages that wait."""
        with redis.Redis.from_url(self.valkey.url) as client:
            messages = [json.loads(raw) for raw in client.lrange("celery", 0, -1)]
        return sorted((m["headers"]["task"], json.loads(b64decode(m["body"]))[0]) for m in messages)


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    bell = Bell(tmp_path)
    bell.start()
    yield bell
    bell.signal(signal.SIGCONT)
    bell.crew.stop(seconds=2)


def environment(on: Database, bell: Bell, role: str = WEB) -> dict[str, str]:
    ours = {"REDIS_URL": bell.valkey.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return on.environment(role) | ours


def ring(on: Database, bell: Bell, body: str = TWICE) -> tuple[float, float, str]:
    """Ring in a process of its own: return how long the request took, the process after it, and its log."""
    done = subprocess.run(
        [sys.executable, "-c", RING.format(body=body)], cwd=BASE_DIR, env=environment(on, bell),
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    ended = time.monotonic()
    began, returned = map(float, done.stdout.split())
    return returned - began, ended - returned, done.stderr


def test_ring_says_only_what_kind_is_due(committed_db: Database, bell: Bell) -> None:
    ring(committed_db, bell)

    assert bell.rung() == [("parcels.drain", ["follow"]), ("parcels.drain", ["screen"])]


def test_ring_is_silent_when_the_transaction_is_rolled_back(committed_db: Database, bell: Bell) -> None:
    ring(committed_db, bell, TWICE + "; transaction.set_rollback(True)")

    assert bell.rung() == []


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_nobody_waits_for_a_redis_that_is_dead_or_frozen(
    committed_db: Database, bell: Bell, fate: signal.Signals
) -> None:
    bell.signal(fate)

    request_s, rest_s, log = ring(committed_db, bell)

    assert request_s < 0.5
    # What is left after the request is the end of the process: at most one patience, and Python's own.
    assert rest_s < 4
    assert bell.valkey.password not in log


def test_nobody_waits_for_a_redis_that_is_full(committed_db: Database, bell: Bell) -> None:
    with redis.Redis.from_url(bell.valkey.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)

    request_s, rest_s, log = ring(committed_db, bell)

    assert (request_s < 0.5, rest_s < 4) == (True, True)
    assert "bell_not_heard" in log


def celery_worker(on: Database, bell: Bell, app: str = "config") -> "subprocess.Popen[bytes]":
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", app, "worker", "--concurrency", "1", *alone],
        cwd=BASE_DIR, env=environment(on, bell, WORKER), process_group=0,
    )  # fmt: skip


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    finally:
        process.kill()
        process.wait()


def test_worker_hears_the_bell_also_after_redis_died_and_forgot(committed_db: Database, bell: Bell) -> None:
    w = world()
    worker = celery_worker(committed_db, bell)
    try:
        first = accepted(w, "мыло")
        ring(committed_db, bell)
        assert until(lambda: is_cleared(first))

        bell.signal(signal.SIGKILL)
        bell.crew.stop()
        second = accepted(w, "мыло")
        ring(committed_db, bell)
        bell.start()
        with redis.Redis.from_url(bell.valkey.url) as client:
            client.flushall()
        assert not is_cleared(second)  # its ring is lost; the next one, or a sweep, finds it
        third = accepted(w, "мыло")
        ring(committed_db, bell)
        assert until(lambda: is_cleared(second) and is_cleared(third))
    finally:
        stop(worker)
