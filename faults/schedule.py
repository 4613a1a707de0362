"""Which fault comes when: from a seed, so that a run that failed can be repeated. Touches nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple


class Fault(NamedTuple):
    second: float
    """After the play began."""
    kind: str
    told: Mapping[str, Any]
    """What else it needs to know, such as which of several processes."""


# Not "screen.locked": there the poisoned die, in each life of whoever screens them.
WORKER_POINTS: Final = (
    "screen.claimed",
    "screen.done",
    "screen.before_commit",
    "screen.committed",
    "match.locked",
    "fact.locked",
)
WEB_POINTS: Final = ("write.before_commit", "write.committed", "bell.published")
RELAY_POINTS: Final = ("relay.claimed", "relay.sent", "relay.before_commit", "relay.committed")

# How often each comes, beside the others. What takes long to recover from comes seldom.
WEIGHTS: Final[Mapping[str, float]] = {
    "worker.kill": 10,
    "worker.child_kill": 8,
    "worker.stop": 5,
    "worker.exit_at": 10,
    "worker.clock": 4,
    "sweep.kill": 5,
    "sweep.stop": 3,
    "sweep.exit_at": 6,
    "beat.kill": 3,
    "beats.none": 1,
    "beats.three": 1,
    "redis.kill_empty": 5,
    "redis.freeze": 4,
    "redis.full": 3,
    "messages.triple": 10,
    "messages.late": 6,
    "messages.unknown": 5,
    "messages.garbage": 5,
    "messages.drop": 4,
    "postgres.kill": 4,
    "postgres.backend_kill": 4,
    "postgres.terminate": 6,
    "postgres.disk_full": 2,
    "postgres.read_only": 2,
    "web.kill": 7,
    "web.exit_at": 6,
    "office.kill": 2,
    "relay.kill": 6,
    "relay.stop": 4,
    "relay.exit_at": 8,
}


def make(seed: int, faults: int, seconds: float, kinds: Sequence[str] = ()) -> list[Fault]:
    """Return so many faults over so long, in order: every kind at least once where there is room for it.

    :param kinds: the only ones that may come; none given means all
    """
    chance = random.Random(seed)  # noqa: S311  a play, not a secret
    known = list(kinds or WEIGHTS)
    first = known[:faults]
    rest = chance.choices(known, [WEIGHTS[kind] for kind in known], k=faults - len(first))
    drawn = [*first, *rest]
    chance.shuffle(drawn)
    seconds_of = sorted(chance.uniform(0.5, seconds) for _ in drawn)
    return [
        Fault(round(second, 2), kind, _told(kind, chance))
        for second, kind in zip(seconds_of, drawn, strict=True)
    ]


def _told(kind: str, chance: random.Random) -> dict[str, Any]:
    told: dict[str, Any] = {"which": chance.randrange(12)}
    points = {"worker.exit_at": WORKER_POINTS, "sweep.exit_at": WORKER_POINTS, "web.exit_at": WEB_POINTS}
    points["relay.exit_at"] = RELAY_POINTS
    if kind in points:
        told |= {"point": chance.choice(points[kind]), "nth": chance.randint(1, 3)}
    if kind == "worker.clock":
        told["off_s"] = chance.choice((-7_200, 7_200, -86_400))
    if kind in ("worker.stop", "sweep.stop", "relay.stop"):
        told["for_s"] = round(chance.uniform(7, 12), 1)  # past the five seconds after which a share was left
    return told


def write(faults: Sequence[Fault], seed: int, path: Path) -> None:
    told = {"seed": seed, "faults": [each._asdict() for each in faults]}
    path.write_text(json.dumps(told, indent=1))


def read(path: Path) -> tuple[int, list[Fault]]:
    told = json.loads(path.read_text())
    return told["seed"], [Fault(**each) for each in told["faults"]]
