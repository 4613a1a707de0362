"""All invariants by their names, each with what it found."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg

from faults.invariants import effects, histories, leaks, promises, whole

_MOST: Final = 20


class Evidence(NamedTuple):
    connection: psycopg.Connection[Any]
    histories: histories.Histories
    promises: promises.Promises
    effects: effects.Effects
    folder: Path
    canary: str
    left_out: Sequence[str]
    """What in the folder holds people by right."""
    poison: Collection[str]
    """Numbers of parcels that kill whatever screens them."""
    stories: Collection[str]
    finished: Collection[str]
    commands: Mapping[str, Sequence[str]]
    """The product's own checks, by name: they must end with 0."""
    env: Mapping[str, str]


def _commands(evidence: Evidence) -> Iterator[str]:
    for name, command in evidence.commands.items():
        done = subprocess.run(command, env=evidence.env, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            words = (done.stdout + done.stderr).strip().splitlines()
            yield f"{name}: exit {done.returncode}: {' | '.join(words[-3:])}"


def _probes(evidence: Evidence) -> Iterator[str]:
    path = evidence.folder / "probes.jsonl"
    for line in path.read_text().splitlines() if path.exists() else ():
        told = json.loads(line)
        if told["problem"]:
            yield f"{told['probe']}: {told['problem']}"


CHECKS: Final[Mapping[str, Callable[[Evidence], Iterator[str]]]] = {
    "histories are legal": lambda e: histories.illegal(e.histories),
    "status is that of the last movement": lambda e: histories.statuses_apart(e.histories),
    "movements are numbered 1 to n": lambda e: histories.misnumbered(e.histories),
    "our times do not run back": lambda e: histories.times_run_back(e.histories),
    "custody is unbroken": lambda e: histories.custody_broken(e.histories),
    "what was promised is recorded": lambda e: promises.lost(e.promises),
    "nothing is recorded twice": lambda e: promises.doubled(e.promises),
    "nothing is recorded that nobody asked for": lambda e: promises.unasked(e.promises),
    "nothing legal was refused": lambda e: promises.refused(e.promises),
    "what is to be told is told at least once": lambda e: effects.never_told(e.effects),
    "it is told with one id and one body": lambda e: effects.told_differently(e.effects),
    "each telling was counted before": lambda e: effects.told_uncounted(e.effects),
    "each endpoint is told in order": lambda e: effects.told_out_of_order(e.effects),
    "nothing is lost between statuses": lambda e: whole.not_conserved(e.connection),
    "nothing due is left": lambda e: whole.left_due(e.connection, e.poison),
    "every story comes to its end": lambda e: whole.unfinished(e.stories, e.finished),
    "who kills workers is set aside, and nobody else": lambda e: whole.badly_quarantined(
        e.connection, e.poison
    ),
    "one tick a slot": lambda e: whole.ticks_doubled(e.connection),
    "ticks are by the database's clock": lambda e: whole.ticks_out_of_time(e.folder / "ticks.jsonl"),
    "nobody waits for ever": lambda e: whole.held_up(e.connection),
    "no personal data is outside": lambda e: leaks.leaks(e.folder, e.canary, e.left_out),
    "the product's own checks pass": _commands,
    "what is tried in the calm works": _probes,
}


def check_all(evidence: Evidence) -> dict[str, list[str]]:
    """Return what each invariant found: nothing, where it holds."""
    return {name: list(islice(check(evidence), _MOST)) for name, check in CHECKS.items()}
