"""What a message can say: drain what is due of a kind, or a schedule's slot has come. Nothing else."""

import time
from collections.abc import Callable
from typing import Final

from celery import shared_task

from parcels import bell, workers
from parcels.workers import ticks

_LONGEST_S: Final = 120.0
"""Well below the tasks' time limit; the next sweep goes on with what is left."""


@shared_task(name=bell.TASK)
def drain(kind: str) -> None:
    brought_on = workers.drain(kind, _until_too_long(), lambda: bell.ring(kind))
    if brought_on and kind in ("recheck", "follow"):
        bell.ring("screen")  # some may be accepted again


@shared_task(name="parcels.tick")
def tick(schedule: str) -> None:
    ticks.run(schedule, _until_too_long())


def _until_too_long() -> Callable[[], bool]:
    until = time.monotonic() + _LONGEST_S
    return lambda: time.monotonic() > until
