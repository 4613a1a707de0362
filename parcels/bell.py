"""The doorbell: after a commit, say that something is due. Nothing waits for it and nothing depends on it.

A thread of its own rings, so a request returns at once though Redis be dead or frozen; rings of one kind
that wait are one. A ring that is lost costs at most the time until the next sweep. Who rings: the code that
translates (views, API, admin, commands, tasks), after an action that made work due; actions never do.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterable
from functools import cache
from typing import Final

import structlog
from celery import Celery
from django.conf import settings
from django.db import transaction

from parcels.actions import Result
from parcels.lifecycle import Status
from people import crashing

TASK: Final = "parcels.drain"
_PATIENCE_S: Final = 0.4
"""For one answer of Redis, and for the last rings of a process that ends."""

log = structlog.get_logger(__name__)


def ring(kind: str) -> None:
    """Ring for this kind of work once the transaction, if there is one, has committed."""
    transaction.on_commit(lambda: _ringer().ring(kind), robust=True)


def ring_after(results: Iterable[Result]) -> None:
    """Ring for what these moves made due: screening, or an observed fact that has become legal."""
    moved = [result for result in results if result.result == "moved"]
    if any(result.status == Status.ACCEPTED for result in moved):
        ring("screen")
    if moved:
        ring("follow")


class _Ringer:
    """The thread that rings, in the process that made it."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._ringing = False
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def ring(self, kind: str) -> None:
        with self._changed:
            self._waiting.add(kind)
            self._changed.notify_all()

    def is_quiet(self, within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._ringing, within_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                kind, self._ringing = self._waiting.pop(), True
            _publish(kind)
            with self._changed:
                self._ringing = False
                self._changed.notify_all()


def _publish(kind: str) -> None:
    """One short try: the sweep finds whatever was not heard."""
    began = time.monotonic()
    try:
        with _sender().connection_for_write() as redis:
            _sender().send_task(TASK, args=[kind], connection=redis, retry=False)
        crashing.reached("bell.published")
    except Exception as error:
        # The class alone: an address of Redis may carry its password.
        took_s = round(time.monotonic() - began, 2)
        log.warning("bell_not_heard", kind=kind, error=type(error).__name__, took_s=took_s)


@cache
def _sender() -> Celery:
    """Know no more than where to ring; the workers' own application is made where the product starts."""
    sender = Celery("bell", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    sender.conf.task_ignore_result = True
    sender.conf.broker_transport_options = {
        "socket_timeout": _PATIENCE_S,
        "socket_connect_timeout": _PATIENCE_S,
    }
    return sender


_lock = threading.Lock()
_last: _Ringer | None = None


def _ringer() -> _Ringer:
    """Return this process's ringer: a fork inherits the object, never the thread."""
    global _last
    with _lock:
        if _last is None or _last.process != os.getpid():
            _last = _Ringer()
        return _last


@atexit.register
def _finish() -> None:
    """Let a command that ends now ring its last, and wait for that no longer than for Redis itself."""
    if _last is not None and _last.process == os.getpid():
        _last.is_quiet(within_s=_PATIENCE_S)
