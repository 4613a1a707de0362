"""What is looked at while it happens: ticks as they are taken, and all that Redis is told."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from typing import Final

import psycopg

from config.launcher.valkey import Valkey
from faults.stage import Stage

_EVERY_S: Final = 0.5


class Watch:
    def __init__(self, stage: Stage) -> None:
        self.stage, self.over = stage, threading.Event()
        self._ticks = stage.folder / "ticks.jsonl"
        self._ticks.touch()
        watches = (self._watch_ticks, self._watch_redis)
        self._threads = [threading.Thread(target=each, daemon=True, name="watch") for each in watches]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _watch_ticks(self) -> None:
        last, seen_after = 0, ""
        while not self.over.wait(_EVERY_S):
            try:
                with self.stage.connect() as connection:
                    (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
                    rows = connection.execute(
                        "SELECT id, schedule, slot, clock_timestamp() FROM parcels_tick"
                        " WHERE id > %s ORDER BY id",
                        [last],
                    ).fetchall()
            except psycopg.Error:
                continue
            if seen_after:
                self._keep(rows, seen_after)
            last = rows[-1][0] if rows else last
            seen_after = str(now)

    def _keep(self, rows: list[tuple[object, ...]], seen_after: str) -> None:
        with open(self._ticks, "a") as file:
            for _, schedule, slot, at in rows:
                told = {"schedule": schedule, "slot": str(slot), "seen_after": seen_after, "seen_at": str(at)}
                file.write(json.dumps(told) + "\n")

    def _watch_redis(self) -> None:
        """Write down every command, again after each time it was away."""
        with open(self.stage.folder / "redis-commands.txt", "ab", buffering=0) as file:
            while not self.over.wait(_EVERY_S / 5):
                with suppress(OSError):
                    self._listen(self.stage.valkey, file.fileno())

    def _listen(self, valkey: Valkey, out: int) -> None:
        with (
            socket.create_connection(("127.0.0.1", valkey.port), timeout=1) as line,
            open(out, "ab", buffering=0, closefd=False) as file,
        ):
            line.sendall(f"AUTH {valkey.password}\r\nMONITOR\r\n".encode())
            while not self.over.is_set():
                with suppress(TimeoutError):
                    heard = line.recv(65_536)
                    if not heard:
                        return
                    file.write(heard.replace(valkey.password.encode(), b"(password)"))
