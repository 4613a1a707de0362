"""Where the kernel sends no death signal (macOS): a process that outlives us just long enough to send it."""

import os
import signal
from contextlib import suppress
from functools import cache
from typing import NoReturn


class Guardian:
    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        if os.fork() == 0:
            os.close(self._writer)
            _guard(reader)
        os.close(reader)

    def watch(self, pid: int, death_signal: signal.Signals) -> None:
        os.write(self._writer, f"{pid} {death_signal:d}\n".encode())

    def forget(self, pid: int) -> None:
        os.write(self._writer, f"{pid} 0\n".encode())


@cache
def guardian() -> Guardian:
    return Guardian()


def _guard(reader: int) -> NoReturn:
    # Ctrl-C at the terminal is not for us.
    os.setsid()
    signals: dict[int, int] = {}
    # It ends when the last writer is gone: the pipe is closed to our parent's other children.
    with open(reader) as lines:
        for line in lines:
            pid, number = line.split()
            signals[int(pid)] = int(number)
    for group, number_due in signals.items():
        if number_due:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number_due)
    os._exit(0)
