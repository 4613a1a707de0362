"""How the play speaks with the office's process: one act at a time, asked again when it was killed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.launcher.processes import BASE_DIR


class OfficeRefused(Exception):
    """The office would not do it; the text says why."""


class Desk:
    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._env, self._log = env, log
        self._asking = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.killed = 0

    def ask(self, act: str, /, **told: object) -> dict[str, Any]:
        """:raises OfficeRefused: when it would not"""
        line = json.dumps({"act": act, "told": told}) + "\n"
        with self._asking:
            while True:
                reply = self._once(line)
                if reply is not None:
                    break
        if "refused" in reply:
            raise OfficeRefused(f"{act}: {reply['refused']}")
        said: dict[str, Any] = reply["said"]
        return said

    def kill(self) -> None:
        if (process := self._process) is not None:
            self.killed += 1
            process.kill()

    def _once(self, line: str) -> dict[str, Any] | None:
        """Return None where the process died before it had answered."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = self._start()
        if process.stdin is None or process.stdout is None:
            raise ValueError("the office is asked through pipes")
        with suppress(OSError):
            process.stdin.write(line)
            process.stdin.flush()
            if said := process.stdout.readline():
                reply: dict[str, Any] = json.loads(said)
                return reply
        process.wait()
        return None

    def _start(self) -> subprocess.Popen[str]:
        with open(self._log, "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "faults.office"],
                env=self._env,
                cwd=BASE_DIR,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
