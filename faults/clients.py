"""Partners' systems: they ask again until they have an answer, and write down what they were promised.

Their own file, written as each answer comes in, is what `faults.invariants` holds against the database. It
knows three things: what was asked (before it is sent), what was promised, and what was refused.
"""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

Reply = dict[str, Any]
_TIMEOUT_S: Final = 20.0
_AGAIN_S: Final = 0.4


class Stopped(Exception):
    """The run is over, and there was no answer."""


class Answered(Exception):
    """An answer that asking again does not change: what was asked is not done."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(f"{status} {problem}")
        self.status, self.problem = status, problem


class Ledger:
    """An append-only file of what was asked, promised and refused."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "a", buffering=1)  # noqa: SIM115
        self._lock = threading.Lock()

    def write(self, what: str, **told: object) -> None:
        with self._lock:
            self._file.write(json.dumps({"what": what, **told}) + "\n")


class Client:
    """One organisation's system. Any number of threads may use it."""

    def __init__(self, port: int, key: Mapping[str, str], ledger: Ledger, over: threading.Event) -> None:
        self.port, self.ledger, self.over = port, ledger, over
        self.relation, self.organisation = key["relation"], key["organisation"]
        secret = f"{key['client_id']}:{key['client_secret']}".encode()
        self._basic = f"Basic {base64.b64encode(secret).decode()}"
        self._token = ""
        self._renewing = threading.Lock()
        self.answers: Counter[str] = Counter()

    def post(self, path: str, body: object, key: str) -> Reply:
        """Ask until there is an answer, with one Idempotency-Key.

        :raises Answered: when it is refused
        :raises Stopped: when the run ends first
        """
        text = json.dumps(body).encode()
        while not self.over.is_set():
            status, reply = self._once(path, text, key)
            self.answers[str(status)] += 1
            if status in (200, 201):
                return reply
            problem = str(reply.get("type", ""))
            if status == 401:
                self._renew(self._token)
            elif status not in (0, 429) and status < 500 and problem != "/problems/idempotency-running":
                raise Answered(status, problem)
            self.over.wait(_AGAIN_S)
        raise Stopped

    def _once(self, path: str, text: bytes, key: str) -> tuple[int, Reply]:
        """Return 0 as the status where there was no whole answer."""
        if not self._token:
            self._renew("")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        return _ask(self.port, path, text, headers)

    def _renew(self, old: str) -> None:
        """Get a token, once for all threads that found the old one dead."""
        with self._renewing:
            headers = {
                "Authorization": self._basic,
                "Content-Type": "application/x-www-form-urlencoded",
            }
            while self._token == old and not self.over.is_set():
                status, reply = _ask(self.port, "/oauth/token/", b"grant_type=client_credentials", headers)
                if status == 200:
                    self._token = reply["access_token"]
                else:
                    time.sleep(3.5 if status == 429 else _AGAIN_S)


def _ask(port: int, path: str, text: bytes, headers: Mapping[str, str]) -> tuple[int, Reply]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path, text, dict(headers))
        response = connection.getresponse()
        body = response.read()
        found = json.loads(body) if "json" in response.headers.get("Content-Type", "") else {}
        return response.status, found
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()
