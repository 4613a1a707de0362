"""What the person at the terminal sees: one line a step, with its time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CLEAR = "\r\x1b[K"


class Screen:
    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    def say(self, line: str = "") -> None:
        sys.stdout.write(f"{_CLEAR if self._is_terminal else ''}{line}\n")
        sys.stdout.flush()

    @contextmanager
    def step(self, what: str, *, shows_more: bool = False) -> Iterator[None]:
        """:param shows_more: it shows its own progress, on lines of its own"""
        began = time.monotonic()
        end = "\n" if shows_more else ""
        if self._is_terminal:
            sys.stdout.write(f"  {what} ...{end}")
            sys.stdout.flush()
        yield
        self.say(f"  {what:<60}{time.monotonic() - began:6.1f} s")
