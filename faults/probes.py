"""What is tried by itself once all is calm, because a storm of faults would hide it or blur its figure."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
import redis

from faults.desk import OfficeRefused
from faults.inflict import KINDS, QUEUE, empty, message_for
from faults.lives import Life
from faults.setting import Setting
from faults.stage import armed, wait_for
from faults.stories import Group

_PARCELS: Final = 3
_RINGS: Final = 3
_CLAIMED: Final = "SELECT 1 FROM parcels_batch WHERE kind = 'screen' AND claimed_at IS NOT NULL"
_CLAIMED_LONG_AGO: Final = (
    "INSERT INTO parcels_batch (kind, ids, attempts, claimed_at)"
    " VALUES ('screen', '{-1,-2}', 1, clock_timestamp() - interval '1 minute') RETURNING id"
)
_SENT_TWICE: Final = (
    "SELECT id, ended_at, took_ms FROM people_delivery WHERE state = 'delivered' AND attempts = 2"
    " AND made_at > clock_timestamp() - interval '3 minutes' ORDER BY id"
)
_WAITS: Final = "SELECT 1 FROM pg_stat_activity WHERE usename = 'lifeline_app' AND wait_event_type = 'Lock'"
_MEANWHILE_S: Final = 3.0
"""Shorter than anybody here waits for a lock."""
_PAUSED_S: Final = 18.0
_STARTS_S: Final = 7.0
"""What a process may take until it works."""
_TO_SCREEN: Final = "SELECT 1 FROM parcels_parcel WHERE status = 'accepted' AND number = ANY(%s)"


@dataclass
class Figures:
    """Seconds until work went on."""

    after_kill: list[float] = field(default_factory=list)
    after_wipe: list[float] = field(default_factory=list)
    duplicates: int = 0


class Probes:
    def __init__(self, setting: Setting, *, times: int, duplicates: int) -> None:
        self.setting, self.stage = setting, setting.stage
        self.times, self.duplicates = times, duplicates
        self.figures = Figures()
        self._made = 0

    def run(self) -> Figures:
        """Try everything; what did not go as it must is written to probes.jsonl."""
        self._try("a bell is rung after its commit", self._bell)
        self._try("one long transaction holds up nobody else", self._held_share)
        self._try("who was paused past its lease changes nothing", self._zombie)
        self._try("a log has one sequencer at a time", self._sequencers)
        for _ in range(self.times):
            self._try("work goes on after its worker was killed", self._killed, self.figures.after_kill)
            self._try("work goes on after Redis was wiped", self._wiped, self.figures.after_wipe)
        self._try("messages that came too often change nothing", self._many)
        return self.figures

    def _try(self, name: str, probe: Callable[[], float | None], figures: list[float] | None = None) -> None:
        try:
            seconds = probe()
            problem = "not in time" if seconds is None else ""
        except (OSError, OfficeRefused, psycopg.Error, redis.RedisError, subprocess.TimeoutExpired) as error:
            seconds, problem = None, repr(error)
        with open(self.stage.folder / "probes.jsonl", "a") as file:
            file.write(json.dumps({"probe": name, "seconds": seconds, "problem": problem}) + "\n")
        if figures is not None and seconds is not None:
            figures.append(round(seconds, 1))

    def _bell(self) -> float | None:
        """Nobody sweeps and no beat ticks: only a bell that is rung when there is something to find helps.

        One ring may be lost, as where Redis is slow to answer; of several, not all.
        """
        (web,) = self.stage.named("web")
        seconds = None
        with self._without("sweep", "beat"):
            web.arm(armed({"write.before_commit": {"sleep_s": 1.5}}))
            self.setting.wait_for_web()
            for _ in range(_RINGS):
                group = self._declared()
                group.take_in()
                if (seconds := self._until_screened(group, 10)) is not None:
                    break
        web.kill()
        self.setting.wait_for_web()
        return seconds

    def _held_share(self) -> float | None:
        """A share that somebody holds in a transaction without end is passed over."""
        with self.stage.connect() as holder:
            (share,) = holder.execute(_CLAIMED_LONG_AGO).fetchone() or (0,)
            with holder.transaction():
                holder.execute("SELECT FROM parcels_batch WHERE id = %s FOR UPDATE", [share])
                group = self._declared()
                group.take_in()
                seconds = self._until_screened(group, 12)
                holder.execute("DELETE FROM parcels_batch WHERE id = %s", [share])
        return seconds

    def _zombie(self) -> float | None:
        """A relay that sent, and was paused until another had sent the same and written that down."""
        relay, *others = self.stage.named("relay")
        with self._without("sweep", "beat"), ExitStack() as down:
            for other in others:
                down.enter_context(other.down())
            relay.arm(armed({"relay.sent": {"nth": 1, "sleep_s": _PAUSED_S}}))
            began = time.monotonic()
            self._declared()
            ended = self._until(lambda: self.stage.query(_SENT_TWICE), _PAUSED_S)
            time.sleep(max(0.0, began + _PAUSED_S + _STARTS_S - time.monotonic()))
        is_still_so = bool(ended) and set(ended) <= set(self.stage.query(_SENT_TWICE))
        return time.monotonic() - began if is_still_so else None

    def _sequencers(self) -> float | None:
        """Several at once, the first held up before its end: the others have nothing to do, and no fault."""
        began, group = time.monotonic(), self._declared()
        with self._without("sweep", "beat"), self.stage.connect() as holder:
            self.setting.desk.ask("settle", numbers=list(group.by_number))  # which is looked at and logged
            with holder.transaction():
                holder.execute("LOCK TABLE parcels_custodyhead, people_audithead IN SHARE MODE")
                sealing = [self.stage.begin("manage.py", "drain", "seal") for _ in range(3)]
                self._until(lambda: self.stage.query(_WAITS), 30)
                time.sleep(_MEANWHILE_S)
            ended = [each.wait(timeout=60) for each in sealing]
        return None if any(ended) else time.monotonic() - began

    def _killed(self) -> float | None:
        """Kill the only one that works, over its work, with all its children."""
        group, (worker, *others) = self._declared(), self.stage.named("worker")
        with self._without("sweep", "beat"), ExitStack() as down:
            for other in others:
                down.enter_context(other.down())
            worker.arm(armed({**self.setting.hand.poison, "screen.locked": {"sleep_s": 15}}))
            group.take_in()
            self._until(lambda: self.stage.query(_CLAIMED), 20)
            worker.kill()
        return self._until_screened(group, 45)

    def _wiped(self) -> float | None:
        """Ring while there is no Redis; when it comes back it knows nothing."""
        group = self._declared()
        with self.stage.processes["redis"].down():
            group.take_in()
            empty(self.stage.valkey.folder)
        return self._until_screened(group, 30)

    def _many(self) -> float | None:
        """Deliver everything many times over while there is work."""
        wait_for(self.stage.valkey.is_ready, 20, "Redis")
        group = self._declared()
        with redis.Redis.from_url(self.stage.valkey.url, socket_timeout=5) as client:
            for place in range(self.duplicates):
                client.lpush(QUEUE, message_for(KINDS[place % 2]))
                if place == self.duplicates // 2:
                    group.take_in()
            self.figures.duplicates = self.duplicates
        return self._until_screened(group, 60)

    def _declared(self) -> Group:
        self._made += 1
        life = Life(
            "",
            "allowed",
            "accept",
            "amend",
            "pack",
            "entrust",
            "receive",
            "redirect",
            "stay",
            "find",
            "stay",
            "no",
        )
        lives = [life._replace(external_id=f"probe-{self._made}-{place}") for place in range(_PARCELS)]
        group = Group(lives, self.setting.cast, self._made)
        group.declare()
        return group

    @contextmanager
    def _without(self, *prefixes: str) -> Iterator[None]:
        with ExitStack() as down:
            for prefix in prefixes:
                for process in self.stage.named(prefix):
                    down.enter_context(process.down())
            yield

    def _until(self, ask: Callable[[], list[Any]], within_s: float) -> list[Any]:
        until = time.monotonic() + within_s * self.setting.pace
        while not (found := ask()) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def _until_screened(self, group: Group, within_s: float) -> float | None:
        began = time.monotonic()
        while self.stage.query(_TO_SCREEN, list(group.by_number)):
            if time.monotonic() - began > within_s * self.setting.pace:
                return None
            time.sleep(0.1)
        return time.monotonic() - began
