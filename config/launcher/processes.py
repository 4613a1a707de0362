"""Children: started, watched, started again, stopped in order, and ended by the kernel if we are killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.launcher.guardian import guardian

BASE_DIR = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1
_HAS_DEATH_SIGNAL = sys.platform == "linux"
_LOG_LIMIT_BYTES = 5 * 1024 * 1024
_LONGEST_PAUSE_S = 30.0
# A child that ran this long before it died is started again at once.
_STEADY_S = 60.0


class Failed(Exception):
    """Something could not be started; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    log: Path | None
    """Where what it prints goes; None leaves it on our own output."""
    env: Mapping[str, str]
    folder: Path = BASE_DIR
    user: int | None = None
    """The uid to run as, when we are root."""
    settings: str = ""
    """Given on its standard input, so that a password shows in no list of processes."""
    keep_open: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when we die ourselves (Linux)."""

    def start(self) -> "subprocess.Popen[bytes]":
        with open(self.log or os.devnull, "ab") as log:
            process = subprocess.Popen(  # noqa: S603
                self.command,
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.PIPE if self.settings else subprocess.DEVNULL,
                stdout=log if self.log else None,
                stderr=subprocess.STDOUT if self.log else None,
                pass_fds=self.keep_open,
                # Its own group: Ctrl-C at the terminal reaches us alone, and we stop the children in order.
                process_group=0,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                preexec_fn=tied_to(os.getpid(), self.death_signal),
            )
        if not _HAS_DEATH_SIGNAL:
            guardian().watch(process.pid, self.death_signal)
        if process.stdin:
            process.stdin.write(self.settings.encode())
            process.stdin.close()
        return process

    def rotate_log(self) -> None:
        if self.log and self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))

    def last_words(self, lines: int = 12) -> str:
        text = self.log.read_text(errors="replace") if self.log and self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def tied_to(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a fresh child calls so that Linux sends it `death_signal` when `parent` dies."""
    prctl = ctypes.CDLL(None).prctl if _HAS_DEATH_SIGNAL else None

    def tie() -> None:
        if prctl:
            prctl(_PR_SET_PDEATHSIG, death_signal)
        # The parent may have died before the kernel was told.
        if os.getppid() != parent:
            os._exit(1)

    return tie


@dataclass
class Child:
    program: Program
    process: "subprocess.Popen[bytes]"
    started: float = field(default_factory=time.monotonic)
    pause: float = 1.0
    """Seconds to wait before the next start."""
    due: float | None = None
    """When it is started again, while it is down."""

    def tend(self, say: Callable[[str], None]) -> None:
        """Start it again when it has died, later each time."""
        now = time.monotonic()
        if self.due is not None:
            if now >= self.due:
                self.process, self.started, self.due = self.program.start(), now, None
        elif self.process.poll() is not None:
            self.pause = 1.0 if now - self.started > _STEADY_S else self.pause
            say(f"{self.program.name} stopped ({_how(self.process.returncode)}); starting it again.")
            self.end_group()
            self.due, self.pause = now + self.pause, min(self.pause * 2, _LONGEST_PAUSE_S)

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.program.stop_signal)

    def end_group(self) -> None:
        """Kill what is left of it, and of the children it had."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if not _HAS_DEATH_SIGNAL:
            guardian().forget(self.process.pid)


def _how(returncode: int) -> str:
    return f"exit {returncode}" if returncode >= 0 else signal.Signals(-returncode).name


class Crew:
    """The running children, in the order in which they were started."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self.say = say
        self.children: list[Child] = []

    def start(self, program: Program) -> Child:
        program.rotate_log()
        child = Child(program, program.start())
        self.children.append(child)
        return child

    def tend(self) -> None:
        for child in self.children:
            child.tend(self.say)

    def run(self, program: Program) -> None:
        """Run a program to its end, tending the others meanwhile.

        :raises Failed: when it exits other than with 0
        """
        child = self.start(program)
        self.children.remove(child)
        try:
            while child.process.poll() is None:
                self.tend()
                time.sleep(0.05)
        finally:
            child.end_group()
        if child.process.returncode:
            how = _how(child.process.returncode)
            raise Failed(f"{program.name} failed ({how}).\n{program.last_words()}".rstrip())

    def wait_for(self, child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
        """:raises Failed: when `child` is not ready in time; one that died meanwhile is started again"""
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until:
                raise Failed(f"{child.program.name} did not start.\n{child.program.last_words()}".rstrip())
            self.tend()
            time.sleep(0.05)

    def stop(self, children: list[Child] | None = None, *, seconds: float = 8.0) -> None:
        """Ask these children (or all) to stop, wait, then kill those that did not."""
        leaving = [child for child in self.children if children is None or child in children]
        self.children = [child for child in self.children if child not in leaving]
        until = time.monotonic() + seconds
        for child in leaving:
            child.ask_to_stop()
        try:
            while time.monotonic() < until and any(child.process.poll() is None for child in leaving):
                time.sleep(0.02)
        finally:
            for child in leaving:
                child.end_group()
