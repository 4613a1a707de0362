"""The demonstration in a database of its own, loaded by a process that is killed on the way, and another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.db import connections
from pytest_django import DjangoDbBlocker

from config import database
from parcels import demonstration
from tests.databases import WEB, Database

ROOT = Path(__file__).parents[2]


@contextmanager
def loaded_after_a_kill(blocker: DjangoDbBlocker, once: Callable[[], bool]) -> Iterator[None]:
    """Work in a database where `manage.py demonstrate` was killed once that was so, then finished."""
    own, before = Database(f"test_demonstration_{os.getpid()}"), dict(connections.settings["default"])
    with blocker.unblock():
        own.make()
        database.migrate(own.owner_url)
        database.use(own.url, role=WEB, system=True)
        try:
            command = [sys.executable, "manage.py", "demonstrate"]
            process = subprocess.Popen(command, cwd=ROOT, env=own.environment(), stdout=subprocess.DEVNULL)
            while process.poll() is None and not once():
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            assert demonstration.load(out=StringIO())
            yield
        finally:
            connections.close_all()
            connections.settings["default"].update(before)
            own.drop()
