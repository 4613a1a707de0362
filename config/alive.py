"""How Celery's processes say that they live: see `parcels.workers.liveness`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, bootsteps, signals


class TurningLoop(bootsteps.StartStopStep):
    """The loop that hears the bell says that it turns: a process that runs may have stopped to listen.

    A step of the consumer: its timers are cleared whenever the connection to Redis is made anew.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        from parcels.workers import liveness  # noqa: PLC0415  models are not loaded before

        liveness.enter("worker")
        consumer.timer.call_repeatedly(liveness.EVERY_S, liveness.say)
        liveness.say()


def connect(app: Celery[Any]) -> None:
    app.steps["consumer"].add(TurningLoop)
    signals.worker_process_init.connect(_speak_for_the_parent)
    signals.worker_shutdown.connect(_leave)
    signals.beat_init.connect(_say_when_it_rings)


def _speak_for_the_parent(**kwargs: object) -> None:
    from parcels.workers import liveness  # noqa: PLC0415

    liveness.enter("worker", pid=os.getppid())


def _say_when_it_rings(**kwargs: object) -> None:
    """A beat lives while Redis takes its rings: only then is it heard."""
    from parcels.workers import liveness  # noqa: PLC0415

    liveness.enter("beat")
    signals.after_task_publish.connect(lambda **_: liveness.say(), weak=False)


def _leave(**kwargs: object) -> None:
    from parcels.workers import liveness  # noqa: PLC0415

    liveness.leave()
