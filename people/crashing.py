"""Named points at which a process ends or is held up, where the fault harness started it so.

What is armed is read once, at the start; without it nothing ever happens here. `config.settings` refuses to
start with it on any data but those that the harness has marked as its own.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "LIFELINE_CRASHPOINTS"
"""`{point: {"nth": 3, "sleep_s": 1.5, "ids": [7], "once": "/a/file"}}`: the third time it is reached in this
process, and only for work on one of these ids; it ends there, or is held up for that long where `sleep_s`
says so. With `once` that happens to one of all processes that are told the same: who removes the file."""
MARK: Final = "fault-harness"
_AS_IF_KILLED: Final = 137

_ARMED: Final[Mapping[str, Mapping[str, Any]]] = json.loads(os.environ.get(VARIABLE) or "{}")
_reached: Counter[str] = Counter()


def reached(point: str, ids: Collection[int] = ()) -> None:
    plan = _ARMED.get(point) if _ARMED else None
    if plan is None or ("ids" in plan and not set(plan["ids"]) & set(ids)):
        return
    _reached[point] += 1
    if "nth" in plan and _reached[point] != plan["nth"]:
        return
    if "once" in plan and not _is_first(Path(plan["once"])):
        return
    if "sleep_s" not in plan:
        os._exit(_AS_IF_KILLED)
    time.sleep(plan["sleep_s"])


def _is_first(token: Path) -> bool:
    try:
        token.unlink()
    except FileNotFoundError:
        return False
    return True


def faults(environment: Mapping[str, str], data: Path, *, https: bool) -> Iterator[str]:
    """Yield why this process may not be armed."""
    if environment.get(VARIABLE) and (https or not (data / MARK).exists()):
        yield f"{VARIABLE} is for the fault harness alone."
