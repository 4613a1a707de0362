"""What the person at the terminal sees of long work: a bar, or plain lines where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

A_LINE: Final = 10_000


class Show(Protocol):
    def __call__(self, done: int, total: int | None = None) -> None:
        """Take in how much is done by now, and of how much where that is known better by now."""


@contextmanager
def bar(what: str, total: int, *, out: TextIO | None = None) -> Iterator[Show]:
    """Show how far `what` is; `total` may be an estimate."""
    out = out or sys.stdout
    if not out.isatty():
        yield _Lines(what, out)
        return
    columns = (TextColumn("  {task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=out)) as progress:
        yield _Bar(progress, progress.add_task(what, total=total), total)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        self._progress, self._task, self._total = progress, task, total

    def __call__(self, done: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=done, total=total or max(self._total, done))


class _Lines:
    """A line at the start and at every ten thousand."""

    def __init__(self, what: str, out: TextIO) -> None:
        self._what, self._out, self._next = what, out, A_LINE
        self._out.write(f"{what} …\n")

    def __call__(self, done: int, total: int | None = None) -> None:
        if done >= self._next:
            self._out.write(f"{self._what}: {done:,}\n")
            self._next = done - done % A_LINE + A_LINE
