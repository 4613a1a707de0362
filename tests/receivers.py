"""Partners' receivers in tests: real servers on this machine, each with its manners, that keep what they got."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Got:
    headers: dict[str, str]
    body: str
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Answers each request with the next of `answers`, the last one from then on."""

    answers: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0
    answering: Callable[[], object] = lambda: None
    """Called with each request, before it is answered."""
    got: list[Got] = field(default_factory=list)
    url: str = ""

    @property
    def origin(self) -> str:
        return self.url.rpartition("/")[0]


@contextmanager
def receiving(*answers: int, pause_s: float = 0, **headers: str) -> Iterator[Receiver]:
    kept = Receiver(list(answers) or [204], {k.replace("_", "-"): v for k, v in headers.items()}, pause_s)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept.got.append(Got({k.lower(): v for k, v in self.headers.items()}, body, time.monotonic()))
            kept.answering()
            time.sleep(kept.pause_s)
            status = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            with suppress(OSError):
                self.send_response(status)
                for name, value in kept.headers.items():
                    self.send_header(name, value)
                self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def listening(
    answer: Callable[[socket.socket], None] = lambda taken: None,
) -> Iterator[tuple[int, list[str]]]:
    """A bare socket: yields its port and who connected; `answer` does as it likes with each connection."""
    connected: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def serve(taken: socket.socket) -> None:
            with taken, suppress(OSError):
                answer(taken)

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    taken, (host, _) = server.accept()
                    connected.append(host)
                    threading.Thread(target=serve, args=(taken,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], connected
        finally:
            over.set()
            thread.join()
