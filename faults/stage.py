"""What the play stands on: servers and processes of the product, each of which can be killed and stopped.

A supervisor starts again what has died, a second later and always: no more is asked of whoever runs the
product. Servers are our own children and are waited for; nobody's lock file is ever deleted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import psycopg

from config.database import Addresses
from config.launcher.postgres import DATABASE, LOGIN, OWNER, Postgres
from config.launcher.processes import BASE_DIR, Program
from config.launcher.programs import Environment
from config.launcher.valkey import Valkey
from people.crashing import MARK, VARIABLE

Connection = psycopg.Connection[Any]
_NOTHING: Final[Mapping[str, str]] = {}
_PAUSE_S: Final = 1.0
_DISK_MIB: Final = 1_500
# A full disk fills sooner, and a short run needs no more.
_SMALL: Final = ["-c", "max_wal_size=256MB", "-c", "min_wal_size=64MB", "-c", "max_connections=100"]


@dataclass
class Process:
    """One that is kept running."""

    program: Program
    popen: subprocess.Popen[bytes]
    lock: threading.RLock = field(default_factory=threading.RLock)
    held_down: bool = False
    died_at: float | None = None
    """On the monotonic clock, while it is down."""
    next_env: Mapping[str, str] = field(default_factory=dict)
    """What the next life alone is told besides."""

    @property
    def name(self) -> str:
        return self.program.name

    def tend(self) -> None:
        with self.lock:
            if self.popen.poll() is None:
                return
            now = time.monotonic()
            if self.died_at is None:
                kill_all(descendants(self.popen.pid))
                with suppress(ProcessLookupError):
                    os.killpg(self.popen.pid, signal.SIGKILL)
                self.died_at = now
            if not self.held_down and now - self.died_at >= _PAUSE_S:
                self.start()

    def start(self) -> None:
        env = {**self.program.env, **self.next_env}
        self.popen, self.died_at, self.next_env = replace(self.program, env=env).start(), None, {}

    def kill(self) -> None:
        """Kill it with all its children, as a machine that loses power does."""
        with self.lock:
            self.signal(signal.SIGKILL)
            self.popen.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it to the process and all its children at once."""
        for pid in (self.popen.pid, *descendants(self.popen.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def arm(self, env: Mapping[str, str]) -> None:
        """Kill it; its next life alone is told this."""
        with self.lock:
            self.next_env = env
            self.kill()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.held_down = True
        try:
            self.kill()
            yield
        finally:
            self.held_down = False


def descendants(pid: int) -> list[int]:
    """Return children, and theirs, of a process (Linux)."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Stage:
    """Servers, processes, and the folder they work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self._tending = threading.Event()
        self._tender: threading.Thread | None = None
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        (folder / "logs").mkdir()
        (folder / MARK).touch()
        self._tokens = folder / "tokens"
        self.disk_is_small = _mount(self.disk, _DISK_MIB)
        self.postgres = Postgres(self.disk, folder / "logs" / "database.log")
        self.valkey = Valkey(folder, folder / "logs" / "redis.log")
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port: int = self.listener.getsockname()[1]
        self.environment = Environment(
            Addresses(self.postgres.url(LOGIN), self.postgres.url(OWNER), self.valkey.url),
            folder,
            self.port,
            has_roles=True,
        )

    def raise_servers(self, base: Path | None) -> None:
        """Start both servers.

        :param base: a cluster that is ready to be used, made by `keep_base` before; None makes one anew
        """
        if base is not None:
            subprocess.run(["cp", "-a", str(base), str(self.postgres.cluster)], check=True)  # noqa: S603, S607
        self.postgres.prepare()
        program = self.postgres.program()
        self.keep(replace(program, command=[*program.command, *_SMALL]))
        self.keep(self.valkey.program())
        self._tending.set()
        self._tender = threading.Thread(target=self._tend, name="supervisor", daemon=True)
        self._tender.start()
        wait_for(self.postgres.is_ready, 60, "PostgreSQL")
        wait_for(self.valkey.is_ready, 20, "Redis")
        if base is None:
            self.postgres.make_roles()
            owner = {"LIFELINE_AS_OWNER": "1", "DATABASE_OWNER_URL": self.environment.addresses.owner}
            self.run("manage.py", "migrate", "--verbosity", "0", **owner)

    def keep_base(self, base: Path) -> None:
        """Keep the cluster as it is now, for runs to come."""
        database = self.processes["database"]
        with database.lock:
            database.held_down = True
            database.popen.send_signal(signal.SIGINT)
            database.popen.wait()
            draft = base.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            base.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", str(self.postgres.cluster), str(draft)], check=True)  # noqa: S603, S607
            draft.rename(base)
            database.held_down = False
        wait_for(self.postgres.is_ready, 60, "PostgreSQL")

    def keep(self, program: Program) -> Process:
        """Start a program and keep it running."""
        process = self.processes[program.name] = Process(program, program.start())
        return process

    def python(
        self, name: str, *arguments: str, role: str, fd: int | None = None, more: Mapping[str, str] = _NOTHING
    ) -> Process:
        """Start a process of the product in this database role, and keep it running."""
        program = self.environment.program(name, arguments[0], *arguments[1:], role=role, fd=fd)
        return self.keep(replace(program, env={**program.env, **more}))

    def run(self, *arguments: str, **more: str) -> str:
        """Run a command of the product to its end, and return what it printed.

        :raises subprocess.CalledProcessError: when it fails
        """
        env = {**self.environment.of("lifeline_worker"), **more}
        done = subprocess.run(  # noqa: S603
            [sys.executable, *arguments], env=env, cwd=BASE_DIR, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
        done.check_returncode()
        return done.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command of the product, and leave it to its caller."""
        with open(self.folder / "logs" / "commands.log", "ab") as log:
            return subprocess.Popen(  # noqa: S603
                [sys.executable, *arguments],
                env=self.environment.of("lifeline_worker"),
                cwd=BASE_DIR,
                stdout=log,
                stderr=log,
            )

    def connect(self) -> Connection:
        """Look into the database from outside the product, past all its roles."""
        return psycopg.connect(
            host=str(self.postgres.socket),
            user="postgres",
            dbname=DATABASE,
            autocommit=True,
            # Also while everybody else may only read.
            options="-c default_transaction_read_only=off",
        )

    def query(self, statement: str, *values: object, patience_s: float = 90.0) -> list[tuple[Any, ...]]:
        """Ask the database, again and again while it is away."""
        until = time.monotonic() + patience_s
        while True:
            try:
                with self.connect() as connection:
                    cursor = connection.execute(statement.encode(), values or None)
                    return cursor.fetchall() if cursor.description is not None else []
            except psycopg.Error:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def named(self, prefix: str) -> list[Process]:
        return [process for name, process in self.processes.items() if name.startswith(prefix)]

    def strike(self) -> None:
        """End everything."""
        self._tending.clear()
        if self._tender:
            self._tender.join()
        for process in reversed(list(self.processes.values())):
            process.signal(signal.SIGCONT)
            process.kill()
        self.listener.close()
        self.postgres.clean_up()

    def token(self) -> str:
        """Return a new file that the first of those who are told of it takes away."""
        self._tokens.mkdir(exist_ok=True)
        number, path = tempfile.mkstemp(dir=self._tokens)
        os.close(number)
        return path

    def disarm(self) -> None:
        """Take away what nobody has come to take: what was armed once ends nobody any more."""
        shutil.rmtree(self._tokens, ignore_errors=True)

    def clear(self) -> None:
        """Delete the folder and all that lies there."""
        self.unmount()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.postgres.is_outside:
            shutil.rmtree(self.postgres.cluster.parent, ignore_errors=True)

    def settle(self) -> None:
        """Keep the folder as it is, the database too, without a disk of its own."""
        if self.disk_is_small:
            kept = self.folder / "database"
            subprocess.run(["cp", "-a", str(self.disk), str(kept)], check=False)  # noqa: S603, S607
            self.unmount()

    def unmount(self) -> None:
        if self.disk_is_small:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)  # noqa: S603, S607

    def resize_disk(self, mib: int) -> bool:
        """Make the database's disk so large; return whether that could be done."""
        command = ["mount", "-o", f"remount,size={mib}m", str(self.disk)]
        return self.disk_is_small and subprocess.run(command, check=False).returncode == 0  # noqa: S603

    def used_mib(self) -> int:
        return shutil.disk_usage(self.disk).used // 2**20

    def _tend(self) -> None:
        while self._tending.is_set():
            for process in list(self.processes.values()):
                process.tend()
            time.sleep(0.05)


def armed(points: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return what a process is told that ends or waits at these points."""
    return {VARIABLE: json.dumps(points)}


def wait_for(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """:raises TimeoutError: when it is not ready in time"""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.05)


def _mount(folder: Path, mib: int) -> bool:
    """Give the folder a disk of its own, whose size can be changed; only root may."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0711", "lifeline-faults", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603
