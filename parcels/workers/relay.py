"""What happened, on its way to partners: taken up as rows, and sent by whoever holds an endpoint's lease."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connections

from parcels import outbox
from parcels.workers import liveness
from parcels.workers.batches import Stop
from people.relay import working

_IN_PASSING: Final = 4
"""Senders of who has other work too."""
_LONGEST_S: Final = 10.0

log = structlog.get_logger(__name__)


def drain(stop: Stop) -> int:
    """Take up and send what is due now, as long as one has beside other work; return how much that was."""
    until = time.monotonic() + _LONGEST_S

    def enough() -> bool:
        return stop() or time.monotonic() > until

    done = 0
    while not enough() and (taken := outbox.take_up()):
        done += taken
    return done + working.deliver(enough, outbox.may_be_told, _IN_PASSING)


def run(stopping: threading.Event, every_s: float, senders: int) -> None:
    """Do this and nothing else until `stopping`; whenever the database is away, wait for it."""
    lanes = working.start(stopping, outbox.may_be_told, every_s, senders)
    while not stopping.is_set():
        try:
            while not stopping.is_set() and outbox.take_up():
                pass
            liveness.swept()
        except (DatabaseError, InterfaceError) as error:
            log.error("outbox_failed", error=type(error).__name__)
            connections.close_all()
        stopping.wait(every_s)
    for lane in lanes:
        lane.join()
