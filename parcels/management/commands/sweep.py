"""Drain everything that is due, again and again, without Redis. Any number may run."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connections

from parcels import workers

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Drain everything that is due, again and again, without Redis. Any number may run."
    # The database may still be starting: the loop below waits for it, the checks would not.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="One pass, then end")
        parser.add_argument("--every", type=float, default=15, metavar="SECONDS")

    def handle(self, *args: object, **options: Any) -> None:
        if options["once"]:
            for kind in workers.DRAINS:
                self.stdout.write(f"{kind}: {workers.drain(kind)}")
            return
        stopping = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stopping.set())
        while not stopping.is_set():
            sweep(stopping)
            stopping.wait(options["every"])


def sweep(stopping: threading.Event) -> None:
    """Drain every kind. Where the database is away or one kind fails, the others and the next pass go on."""
    for kind in workers.DRAINS:
        if stopping.is_set():
            return
        try:
            workers.drain(kind, stopping.is_set)
        except (DatabaseError, InterfaceError) as error:
            log.error("sweep_failed", kind=kind, error=type(error).__name__)
            connections.close_all()
