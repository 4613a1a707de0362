"""Which processes work, and when each last said so: a process that runs may yet hear nothing and do nothing.

A row a process, by the database's clock. Who never entered (a command, a test) says nothing. Of a worker the
row is that of the process which hears the bell; its children say there what they claimed.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import Error, connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from parcels.models import Liveness

SILENT_AFTER: Final = timedelta(seconds=60)
"""A beat rings and a worker says that it lives every fifteen, a sweep passes every ten, a relay sooner."""
EVERY_S: Final = 15.0
_WRITE_EVERY_S: Final = 5.0
_KEPT: Final = timedelta(days=1)


class Process(NamedTuple):
    program: str
    host: str
    pid: int


_me: Process | None = None
_lock: Final = threading.Lock()
_pending: Final[set[str]] = set()
_written: float = 0.0


def enter(program: str, pid: int | None = None) -> None:
    """From now on this process says that it lives.

    :param pid: of whose row it is, if not its own
    """
    global _me, _written
    _me, _written = Process(program, socket.gethostname()[:64], pid or os.getpid()), 0.0


def leave() -> None:
    """Take the row away: the process ends as it was asked to."""
    global _me
    me, _me = _me, None
    if me is not None:
        with suppress(Error):
            Liveness.objects.filter(program=me.program, host=me.host, pid=me.pid).delete()


def seen() -> None:
    """Say that this process lives, and take away the rows of those that do not."""
    if _me is not None:
        _write(*_pending)
        _tidy(_me.host)


def say() -> None:
    """As `seen`, for who has else nothing to do with the database, and must not end for the want of it."""
    with suppress(Error):
        seen()
    # A child forked from here must not inherit a connection in use.
    connection.close()


def claimed() -> None:
    _note("claimed_at")


def swept() -> None:
    _note("swept_at")


def _note(column: str) -> None:
    """Write now and then: a row that every claim wrote would be the busiest of all."""
    if _me is None:
        return
    _pending.add(column)
    if time.monotonic() - _written >= _WRITE_EVERY_S:
        _write(*_pending)


_SAY: Final = """
INSERT INTO parcels_liveness AS l (program, host, pid, claimed_at, swept_at)
VALUES (%(program)s, %(host)s, %(pid)s, CASE WHEN %(claimed)s THEN clock_timestamp() END,
        CASE WHEN %(swept)s THEN clock_timestamp() END)
ON CONFLICT (program, host, pid) DO UPDATE
   SET seen_at = clock_timestamp(), claimed_at = COALESCE(EXCLUDED.claimed_at, l.claimed_at),
       swept_at = COALESCE(EXCLUDED.swept_at, l.swept_at)
"""


def _write(*columns: str) -> None:
    global _written
    if _me is None:
        return
    told = _me._asdict() | {"claimed": "claimed_at" in columns, "swept": "swept_at" in columns}
    with connection.cursor() as cursor:
        cursor.execute(_SAY, told)
    _written = time.monotonic()
    _pending.difference_update(columns)


def _tidy(host: str) -> None:
    """Take away rows of processes of this machine that are gone, and of others silent for a day."""
    here = Liveness.objects.filter(host=host).values_list("pk", "pid")
    gone = [pk for pk, pid in here if not _runs(pid)]
    old = Q(seen_at__lt=Now() - _KEPT)
    Liveness.objects.filter(Q(pk__in=gone) | old).delete()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, as somebody else
    return True


def silent() -> QuerySet[Liveness]:
    """Return those that have a row and say nothing any more: they hang, or their machine is gone."""
    return Liveness.objects.filter(seen_at__lt=Now() - SILENT_AFTER)


def summary() -> str:
    """Return one word on whether work is found, or what is missing.

    A sweep alone finds everything; without one a worker must hear a beat.
    """
    alive = set(Liveness.objects.filter(seen_at__gte=Now() - SILENT_AFTER).values_list("program", flat=True))
    quiet = sorted(set(silent().values_list("program", flat=True)))
    if "sweep" not in alive and not {"worker", "beat"} <= alive:
        return "none: nothing that is due is found"
    if "sweep" not in alive:
        return "no sweep: what is due is found only while Redis rings"
    return f"silent: {', '.join(quiet)}" if quiet else "ok"
