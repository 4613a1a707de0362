"""Partners who are told: some answer at once, some late, never, elsewhere, or without end.

Each call that came in whole is written down before it is answered: under which id, and the hash of its body.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import random
import threading
import time
from pathlib import Path
from typing import Any, Final

# What each does to so many of a hundred calls, until the calm; the rest it takes.
MANNERS: Final = {"prompt": 0, "failing": 25, "slow": 60, "silent": 60, "redirecting": 60, "huge": 60}
_LONG_S: Final = 12.0
"""Longer than anybody waits for an answer."""
_MUCH: Final = 64 * 2**20


class Partner:
    """A server on this machine, with manners of its own."""

    def __init__(self, manner: str, calls: Path, seed: int) -> None:
        self.manner, self.calls, self.is_well = manner, calls, False
        self._chance = random.Random(f"{seed}:{manner}")  # noqa: S311  a play, not a secret
        self._writing = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name=manner, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        return f"{self.origin}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def hear(self, message: str, body: bytes) -> bool:
        """Return whether this call is taken; it is written down in any case."""
        with self._writing:
            taken = self.is_well or self._chance.randrange(100) >= MANNERS[self.manner]
            told = {"manner": self.manner, "id": message, "sha256": hashlib.sha256(body).hexdigest()}
            with open(self.calls, "a") as file:
                line = {**told, "taken": taken, "at": time.time(), "body": body.decode(errors="replace")}
                file.write(json.dumps(line) + "\n")
        return taken

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        partner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if partner.hear(self.headers.get("webhook-id", ""), body):
                    _answer(self, 204)
                else:
                    _misbehave(self, partner)

            def do_GET(self) -> None:
                """Only who follows a redirect comes here."""
                partner.hear("followed-a-redirect", b"")
                _answer(self, 204)

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


def _answer(call: http.server.BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    call.send_response(status)
    for name, value in headers.items():
        call.send_header(name, value)
    call.end_headers()


def _misbehave(call: http.server.BaseHTTPRequestHandler, partner: Partner) -> None:
    try:
        match partner.manner:
            case "slow" | "silent":
                time.sleep(_LONG_S)
                _answer(call, 503)
            case "redirecting":
                _answer(call, 302, Location=partner.address)
            case "huge":
                _answer(call, 503)
                for _ in range(_MUCH // 2**16):
                    call.wfile.write(b"x" * 2**16)
            case _:
                _answer(call, 500)
    except OSError:
        return  # who asked has had enough
