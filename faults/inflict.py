"""Each fault: what is done to the stage, and undone. One that cannot be had here says so, never silently."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import redis

from faults.desk import Desk
from faults.schedule import Fault
from faults.stage import Process, Stage, armed, descendants

Told = Mapping[str, Any]
QUEUE: Final = "celery"
_CLOCK: Final = str(Path(__file__).parent / "clock")
_MUCH: Final = 40


class NotHere(Exception):
    """This machine, or this tree, cannot have this fault."""


class Hand:
    """What inflicts."""

    def __init__(self, stage: Stage, desk: Desk, poison: Mapping[str, Any]) -> None:
        self.stage, self.desk = stage, desk
        self.poison = poison
        """Points at which every worker and sweep dies, in each of its lives."""

    def inflict(self, fault: Fault) -> None:
        """:raises NotHere: when it cannot be had"""
        group, _, how = fault.kind.partition(".")
        getattr(self, f"_{group}_{how}")(fault.told)

    # Workers, sweeps, relays: whatever takes work

    def _worker_kill(self, told: Told) -> None:
        self._one("worker", told).kill()

    def _worker_child_kill(self, told: Told) -> None:
        children = descendants(self._one("worker", told).popen.pid)
        if children:
            with suppress(ProcessLookupError):
                os.kill(children[told["which"] % len(children)], signal.SIGKILL)

    def _worker_stop(self, told: Told) -> None:
        _stop(self._one("worker", told), told["for_s"])

    def _worker_exit_at(self, told: Told) -> None:
        self._exit_at("worker", told)

    def _worker_clock(self, told: Told) -> None:
        process = self._one("worker", told)
        path = os.pathsep.join([_CLOCK, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        process.arm({"PYTHONPATH": path, "CLOCK_OFF_S": str(told["off_s"])})

    def _sweep_kill(self, told: Told) -> None:
        self._one("sweep", told).kill()

    def _sweep_stop(self, told: Told) -> None:
        _stop(self._one("sweep", told), told["for_s"])

    def _sweep_exit_at(self, told: Told) -> None:
        self._exit_at("sweep", told)

    def _relay_kill(self, told: Told) -> None:
        self._one("relay", told).kill()

    def _relay_stop(self, told: Told) -> None:
        _stop(self._one("relay", told), told["for_s"])

    def _relay_exit_at(self, told: Told) -> None:
        self._exit_at("relay", told)

    # Beats

    def _beat_kill(self, told: Told) -> None:
        self._one("beat", told).kill()

    def _beats_none(self, told: Told) -> None:
        one, two = self.stage.named("beat")[:2]
        with one.down(), two.down():
            time.sleep(20)

    def _beats_three(self, told: Told) -> None:
        program = self._one("beat", told).program
        third = program.start()
        try:
            time.sleep(20)
        finally:
            third.kill()
            third.wait()

    # The web, and the office's own process

    def _web_kill(self, told: Told) -> None:
        self._one("web", told).kill()

    def _web_exit_at(self, told: Told) -> None:
        self._exit_at("web", told)

    def _office_kill(self, told: Told) -> None:
        self.desk.kill()

    # Redis

    def _redis_kill_empty(self, told: Told) -> None:
        with self.stage.processes["redis"].down():
            empty(self.stage.valkey.folder)

    def _redis_freeze(self, told: Told) -> None:
        _stop(self.stage.processes["redis"], 6)

    def _redis_full(self, told: Told) -> None:
        with self._redis() as client:
            # Less than it holds when it is empty: it answers, and takes nothing in.
            client.config_set("maxmemory", "256kb")
            try:
                time.sleep(6)
            finally:
                client.config_set("maxmemory", "128mb")

    # Messages

    def _messages_triple(self, told: Told) -> None:
        """Ring for everything, three times each, whatever is due: and copy what waits."""
        with self._redis() as client:
            waiting = client.lrange(QUEUE, 0, _MUCH)
            for message in [*waiting, *waiting, *(message_for(kind) for kind in KINDS for _ in range(3))]:
                client.lpush(QUEUE, message)

    def _messages_late(self, told: Told) -> None:
        with self._redis() as client:
            taken = client.lpop(QUEUE, _MUCH) or []
            time.sleep(8)
            for message in [*taken, message_for("screen"), message_for("follow")]:
                client.lpush(QUEUE, message)

    def _messages_unknown(self, told: Told) -> None:
        with self._redis() as client:
            client.lpush(QUEUE, message_for("screen", task="parcels.gone"), message_for("no_such_kind"))

    def _messages_garbage(self, told: Told) -> None:
        with self._redis() as client:
            broken = json.loads(message_for("screen"))
            broken["body"] = "%%%"
            client.lpush(QUEUE, b"\xff{not json", json.dumps(broken), b"[]")

    def _messages_drop(self, told: Told) -> None:
        """Nobody listens, and what was said is gone when somebody does: only the sweep goes on."""
        with ExitStack() as down:
            for worker in self.stage.named("worker"):
                down.enter_context(worker.down())
            time.sleep(6)
            with self._redis() as client:
                client.delete(QUEUE)

    # PostgreSQL

    def _postgres_kill(self, told: Told) -> None:
        self.stage.processes["database"].kill()

    def _postgres_backend_kill(self, told: Told) -> None:
        rows = self.stage.query(_BACKENDS)
        if rows:
            with suppress(ProcessLookupError):
                os.kill(rows[told["which"] % len(rows)][0], signal.SIGKILL)

    def _postgres_terminate(self, told: Told) -> None:
        self.stage.query(f"SELECT pg_terminate_backend(pid) FROM ({_BACKENDS}) AS all_of_them")

    def _postgres_disk_full(self, told: Told) -> None:
        if not self.stage.disk_is_small:
            raise NotHere("a disk of a given size needs root on Linux")
        self.stage.resize_disk(self.stage.used_mib() + 1)
        try:
            time.sleep(5)
        finally:
            self.stage.resize_disk(1_500)

    def _postgres_read_only(self, told: Told) -> None:
        """The server of a database that is being moved: it reads, and refuses to write."""
        self._set_read_only("on")
        try:
            time.sleep(5)
        finally:
            self._set_read_only("off")

    def _set_read_only(self, value: str) -> None:
        self.stage.query(f"ALTER DATABASE lifeline SET default_transaction_read_only = {value}")
        self._postgres_terminate({})

    # How

    def _one(self, prefix: str, told: Told) -> Process:
        found: list[Process] = self.stage.named(prefix)
        if not found:
            raise NotHere(f"there is no {prefix} in this tree")
        return found[int(told["which"]) % len(found)]

    def _exit_at(self, prefix: str, told: Told) -> None:
        """One of all its children ends there, not each: that would be a program that never works."""
        always = {} if prefix == "web" else self.poison
        once = {"nth": told["nth"], "once": self.stage.token()}
        self._one(prefix, told).arm(armed({**always, told["point"]: once}))

    @contextmanager
    def _redis(self) -> Iterator[redis.Redis]:
        client = redis.Redis.from_url(self.stage.valkey.url, socket_timeout=3, retry=None)
        try:
            yield client
        except redis.RedisError:
            pass  # it is away: another fault has it
        finally:
            client.close()


_BACKENDS: Final = (
    "SELECT pid FROM pg_stat_activity WHERE usename = 'lifeline_app' AND pid <> pg_backend_pid() ORDER BY pid"
)
KINDS: Final = ("screen", "follow", "recheck", "match", "deadlines", "audit")


def message_for(kind: str, *, task: str = "parcels.drain") -> str:
    """Return a message as Celery writes it (protocol 2), with an id of its own."""
    own = f"{random.getrandbits(128):032x}"
    body = base64.b64encode(json.dumps([[kind], {}, {}]).encode()).decode()
    return json.dumps(
        {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py",
                "task": task,
                "id": own,
                "root_id": own,
                "retries": 0,
                "argsrepr": "",
                "kwargsrepr": "{}",
            },
            "properties": {
                "correlation_id": own,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": own,
            },
        }
    )


def _stop(process: Process, seconds: float) -> None:
    """Stop it past its lease, and let it go on as if nothing had been."""
    pids = [process.popen.pid, *descendants(process.popen.pid)]
    _send(pids, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        _send(pids, signal.SIGCONT)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
