"""From nothing to a running product, and back: what `manage.py up` does, in the order in which it does it."""

import fcntl
import hashlib
import http.client
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import OperationalError, connection

from config import database, messages, privileges
from config.launcher import board, programs
from config.launcher.processes import Crew, Failed
from config.launcher.screen import Screen
from config.launcher.servers import Servers, running
from config.origins import is_loopback
from parcels import demonstration

_WEB = "lifeline_web"


@dataclass(frozen=True)
class Wishes:
    port: int
    data: Path
    demo: bool | None
    """Load the demonstration into an empty database; None: only into our own."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def up(wishes: Wishes, screen: Screen) -> None:
    """Run until a signal says stop.

    :raises CommandError: when this folder or port is in use; nothing was started
    :raises Failed: when a part does not start
    """
    wishes.data.mkdir(parents=True, exist_ok=True)
    crew = Crew(screen.say)
    with (
        _locked(wishes),
        _listening(wishes.port) as listener,
        _signals_interrupt(),
        suppress(KeyboardInterrupt),
        ExitStack() as stack,
    ):
        with screen.step("PostgreSQL and Redis"):
            servers = stack.enter_context(running(crew, wishes.data))
        stack.enter_context(database.left(servers.addresses, wishes.data))
        stack.callback(screen.say, "Stopping.")
        _Start(wishes, servers, crew, screen).bring_up(listener)
        while True:
            crew.tend()
            time.sleep(0.2)


@dataclass
class _Start:
    wishes: Wishes
    servers: Servers
    crew: Crew
    screen: Screen

    def __post_init__(self) -> None:
        self.round = _DemonstrationRound(self.wishes.data, self.servers)

    def bring_up(self, listener: socket.socket) -> None:
        has_roles = self.prepare_database()
        environment = programs.Environment(
            self.servers.addresses,
            self.wishes.data,
            self.wishes.port,
            has_roles,
            sign_in_links=is_loopback(listener.getsockname()[0]) and self.shows_demonstration(),
        )
        with self.screen.step("Web server, worker, beat, sweep, relay"):
            web, *_ = [self.crew.start(each) for each in programs.lasting(environment, listener.fileno())]
            self.crew.wait_for(web, lambda: _answers(self.wishes.port), seconds=60)
        if self.round.is_wanted(self.wishes.demo):
            with self.screen.step("Demonstration round", shows_more=True), self.round.loading():
                self.crew.run(programs.demonstrate(environment))
        self.show_board()

    def prepare_database(self) -> bool:
        """Return whether processes can take their roles on this server."""
        if self.round.was_interrupted:
            self.round.clear()
            self.screen.say("  The demonstration was not finished last time; it begins anew.")
        with self.screen.step("Tables"):
            database.migrate(self.servers.addresses.owner)
            messages.compile_stale()
        has_roles = _connect_as_web(self.servers.addresses.database)
        if shortcoming := privileges.shortcoming():
            self.screen.say(f"  {shortcoming}")
        return has_roles

    def shows_demonstration(self) -> bool:
        """Whether there is one, or will be when this start is over."""
        return self.wishes.demo is not False and (
            self.round.is_complete or self.round.is_wanted(self.wishes.demo)
        )

    def show_board(self) -> None:
        found = board.empty(self.wishes.url)
        if self.round.is_complete and self.wishes.demo is not False:
            found = demonstration.board(self.wishes.url)
        board.write(found, self.wishes.data / "board.json")
        board.show(found, self.screen)
        if self.servers.postgres and self.servers.postgres.is_outside:
            self.screen.say(
                f"The database is in {self.servers.postgres.cluster}, where PostgreSQL can read it."
            )
        self.screen.say(f"Logs are in {self.wishes.data / 'logs'}. Ctrl-C stops.")


def _connect_as_web(url: str) -> bool:
    """Connect in the role of the web process; plainly where the server has no such role for this login."""
    database.use(url, role=_WEB)
    try:
        connection.ensure_connection()
    except OperationalError:
        database.use(url)
        return False
    return True


class _DemonstrationRound:
    """How far it is loaded, kept in a file of the data folder."""

    def __init__(self, data: Path, servers: Servers) -> None:
        self._postgres = servers.postgres
        # Another database is another question; its address holds a password.
        name = (
            "own" if self._postgres else hashlib.sha256(servers.addresses.database.encode()).hexdigest()[:12]
        )
        self._mark = data / f"demonstration-{name}"

    @property
    def was_interrupted(self) -> bool:
        return self._mark.exists() and self._mark.read_text() == "loading"

    @property
    def is_complete(self) -> bool:
        return self._mark.exists() and self._mark.read_text() == "loaded"

    def clear(self) -> None:
        """:raises Failed: when the database is not ours to clear"""
        if not self._postgres:
            raise Failed(
                f"The demonstration was not finished in this database; empty it, delete {self._mark}."
            )
        self._postgres.empty_database()
        self._mark.unlink()

    def is_wanted(self, asked: bool | None) -> bool:
        """:raises Failed: when it is asked for and the database is not empty"""
        wanted = bool(self._postgres) if asked is None else asked
        is_empty = not get_user_model().objects.exists()
        if asked and not is_empty and not self.is_complete:
            raise Failed("--demo needs an empty database, and this one has accounts.")
        return wanted and is_empty

    @contextmanager
    def loading(self) -> Iterator[None]:
        self._mark.write_text("loading")
        yield
        self._mark.write_text("loaded")


@contextmanager
def _locked(wishes: Wishes) -> Iterator[None]:
    with open(wishes.data / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CommandError(
                f"Lifeline is already running on this data: {lock.read()}", returncode=2
            ) from None
        lock.truncate(0)
        lock.write(wishes.url)
        lock.flush()
        yield


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Hold the port from the first moment on; the web server gets it, also when it starts again."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except (OSError, OverflowError):
            sentence = f"Port {port} is taken or not allowed. Choose another: PORT={port + 1} make run"
            raise CommandError(sentence, returncode=2) from None
        yield listener


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """A shell starts background jobs with SIGINT ignored, so the handlers are set by hand."""
    before = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _answers(port: int) -> bool:
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        web.request("GET", "/livez")
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()
