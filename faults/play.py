"""One run: the load, the storm over it, the calm after it, and what is found then."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import redis

from config.launcher.processes import BASE_DIR
from faults.clients import Stopped
from faults.desk import OfficeRefused
from faults.inflict import NotHere
from faults.invariants import Evidence, check_all, effects, histories, promises, whole
from faults.lives import CANARY, Life, lives
from faults.probes import Figures, Probes
from faults.schedule import Fault
from faults.setting import build
from faults.stories import Group
from faults.watch import Watch

_THREADS: Final = 12
_WAITING: Final = "SELECT 1 FROM people_delivery WHERE state = 'waiting' LIMIT 1"
# What holds people by right, what is ours, and what the database keeps.
_LEFT_OUT: Final = ("disk", "keys", "promises.jsonl")


@dataclass(frozen=True)
class Wishes:
    seed: int
    parcels: int
    group: int
    faults: Sequence[Fault]
    seconds: float
    """How long the storm lasts."""
    calm_s: float
    """How long the calm may take until nothing due is left."""
    probes: int
    """How often each recovery is measured."""
    duplicates: int
    folder: Path
    base: Path | None


@dataclass
class Outcome:
    inflicted: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def is_well(self) -> bool:
        return not any(self.broken.values())


class Play:
    def __init__(self, wishes: Wishes) -> None:
        self.wishes, self.outcome = wishes, Outcome()
        self.began = time.monotonic()

    def run(self) -> Outcome:
        with _Told("stage"):
            self.setting = build(self.wishes.folder, self.wishes.base, self.wishes.seed)
        if self.setting.pace > 1:
            say(f"  this machine is busy: the storm lasts {self.setting.pace:.1f} times as long")
        try:
            watch = Watch(self.setting.stage)
            with _Told("storm"):
                load = self._start_load()
                self._storm()
            with _Told("calm"):
                self.setting.stage.disarm()
                self._calm(load)
            with _Told("probes"):
                probes = Probes(self.setting, times=self.wishes.probes, duplicates=self.wishes.duplicates)
                self.outcome.figures = probes.run()
                # What was told of in the probes is told.
                self._calm([])
            with _Told("invariants"):
                watch.end()
                self._check()
        except BaseException:
            self.setting.end()
            self.setting.stage.settle()
            raise
        self.setting.end()
        self.outcome.seconds = time.monotonic() - self.began
        return self.outcome

    # Load

    def _start_load(self) -> list[threading.Thread]:
        self.stories = lives(self.wishes.seed, self.wishes.parcels)
        size = self.wishes.group
        groups = [self.stories[place : place + size] for place in range(0, len(self.stories), size)]
        load = threading.Thread(target=self._load, args=(groups,), name="load", daemon=True)
        poisoning = threading.Thread(target=self._poison, name="poison", daemon=True)
        for thread in (load, poisoning):
            thread.start()
        return [load, poisoning]

    def _poison(self) -> None:
        try:
            self.setting.poison.take_in()
        except Stopped:
            return

    def _load(self, groups: Sequence[Sequence[Life]]) -> None:
        """Begin one group after another, so that there is load as long as there are faults."""
        pause = 0.7 * self.wishes.seconds * self.setting.pace / len(groups)
        with ThreadPoolExecutor(_THREADS) as pool:
            for group in groups:
                pool.submit(self._drive, group)
                if self.setting.cast.over.wait(pause):
                    return

    def _drive(self, group: Sequence[Life]) -> None:
        try:
            Group(group, self.setting.cast, self.wishes.seed).drive()
        except Stopped:
            return
        except OfficeRefused as refused:
            self.setting.cast.ledger.write(
                "refused", move="office", external_id=group[0].external_id, problem=str(refused)
            )
        except Exception as error:
            self.setting.cast.ledger.write(
                "refused", move="story", external_id=group[0].external_id, problem=repr(error)
            )
            raise

    # Storm and calm

    def _storm(self) -> None:
        began, threads = time.monotonic(), []
        for place, fault in enumerate(self.wishes.faults, 1):
            time.sleep(max(0.0, began + fault.second * self.setting.pace - time.monotonic()))
            thread = threading.Thread(target=self._inflict, args=(fault,), daemon=True)
            thread.start()
            threads.append(thread)
            if place % 20 == 0:
                done = len(self.setting.cast.finished)
                say(f"  {place} faults, {done} of {len(self.stories)} parcels have come to their end")
        for thread in threads:
            thread.join()

    def _inflict(self, fault: Fault) -> None:
        told: dict[str, Any] = {**fault._asdict(), "at": time.time()}
        try:
            self.setting.hand.inflict(fault)
            self.outcome.inflicted[fault.kind] += 1
        except NotHere as error:
            self.outcome.skipped[fault.kind] = str(error)
            told["skipped"] = str(error)
        except Exception as error:
            told["failed"] = repr(error)
            self.outcome.skipped[fault.kind] = repr(error)
        with open(self.wishes.folder / "faults.jsonl", "a") as file:
            file.write(json.dumps(told) + "\n")

    def _calm(self, load: Sequence[threading.Thread]) -> None:
        """Wait until all is done, or until the calm has lasted too long."""
        until = time.monotonic() + self.wishes.calm_s * self.setting.pace
        while time.monotonic() < until and (any(thread.is_alive() for thread in load) or not self._is_done()):
            self.setting.make_partners_well()
            time.sleep(1)
        if not all(process.popen.poll() is None for process in self.setting.stage.processes.values()):
            time.sleep(5)

    def _is_done(self) -> bool:
        poison = list(self.setting.poison.by_number)
        try:
            with self.setting.stage.connect() as connection:
                return not (
                    list(whole.left_due(connection, poison))
                    or connection.execute(_WAITING).fetchall()
                    or effects.untold(connection, self.setting.hears_all)
                    or list(whole.badly_quarantined(connection, poison))
                )
        except Exception:
            return False

    # What is found

    def _check(self) -> None:
        stage, cast = self.setting.stage, self.setting.cast
        self._keep_redis()
        with stage.connect() as connection:
            evidence = Evidence(
                connection=connection,
                histories=histories.read(connection),
                promises=promises.read(connection, stage.folder / "promises.jsonl"),
                effects=effects.read(connection, stage.folder / "calls.jsonl", self.setting.hears_all),
                folder=stage.folder,
                canary=CANARY,
                left_out=_LEFT_OUT,
                poison=list(self.setting.poison.by_number),
                stories=[life.external_id for life in self.stories],
                finished=cast.finished,
                commands=_own_checks(),
                env=stage.environment.of("lifeline_worker"),
            )
            self.outcome.broken = check_all(evidence)
            self.outcome.counts = promises.counts(evidence.promises)
            self.outcome.counts["movements"] = sum(map(len, evidence.histories.movements.values()))
            self.outcome.counts["parcels"] = len(evidence.histories.parcels)
        for client in cast.clients.values():
            self.outcome.answers += client.answers

    def _keep_redis(self) -> None:
        """Write down all that Redis holds."""
        with (
            redis.Redis.from_url(self.setting.stage.valkey.url) as client,
            open(self.wishes.folder / "redis-keys.txt", "wb") as file,
        ):
            for key in client.scan_iter():
                file.write(key + b" " + (client.dump(key) or b"") + b"\n")


def _own_checks() -> dict[str, list[str]]:
    """Return the commands by which the product checks itself, of those that this tree has."""
    known = {"audit": ["verify"], "custody": ["verify"], "reconcile": []}
    commands = {path.stem for path in BASE_DIR.glob("*/management/commands/*.py")}
    missing = sorted(known.keys() - commands)
    if missing:
        say(f"  left out, as this tree has no such command: {', '.join(missing)}")
    manage = [sys.executable, str(BASE_DIR / "manage.py")]
    return {name: [*manage, name, *verbs] for name, verbs in known.items() if name in commands}


class _Told:
    """Say what is done, and how long it took."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._began = time.monotonic()
        say(f"{self._what} …")

    def __exit__(self, *_: object) -> None:
        say(f"{self._what}: {time.monotonic() - self._began:.0f} s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
