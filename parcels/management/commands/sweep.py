"""Drain everything that is due, again and again, without Redis. Any number may run."""

import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connections

from parcels import workers
from parcels.models import Liveness
from parcels.workers import liveness, ticks

# So often that all is found within fifteen seconds, the time of the pass itself included.
_EVERY_S = 10.0

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Drain everything that is due, again and again, without Redis. Any number may run."
    # The database may still be starting: the loop below waits for it, the checks would not.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="One pass, then end")
        parser.add_argument("--every", type=float, default=_EVERY_S, metavar="SECONDS")

    def handle(self, *args: object, **options: Any) -> None:
        if options["once"]:
            for kind in workers.DRAINS:
                self.stdout.write(f"{kind}: {workers.drain(kind)}")
            return
        stopping = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stopping.set())
        liveness.enter(Liveness.Program.SWEEP)
        while not stopping.is_set():
            began = time.monotonic()
            sweep(stopping)
            stopping.wait(max(0.0, began + options["every"] - time.monotonic()))
        liveness.leave()


def sweep(stopping: threading.Event) -> None:
    """Say that one lives, take the slots of all schedules, and drain every kind.

    Where the database is away or one kind fails, the others and the next pass go on.
    """
    passes: dict[str, Callable[[], object]] = {"liveness": liveness.seen, "ticks": ticks.take_all}
    passes |= {kind: partial(workers.drain, kind, stopping.is_set) for kind in workers.DRAINS}
    for name, do in passes.items():
        if stopping.is_set():
            return
        try:
            do()
        except (DatabaseError, InterfaceError) as error:
            log.error("sweep_failed", kind=name, error=type(error).__name__)
            connections.close_all()
