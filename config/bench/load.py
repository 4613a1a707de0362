"""A client that asks over and over: `python -m config.bench.load PORT PATH SECONDS CONNECTIONS < BODIES`.

Each connection is kept, and sends its next request when the last is answered. One thread waits for them
all, so that the client takes as little of the machine as it can; what share it took is in its answer.
"""

import json
import random
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

_WARM_UP_S: Final = 1.0
_BLOCK: Final = 65_536


class Answers(NamedTuple):
    """`busy` is the share of its time in which the client worked itself: near 1 it measures itself."""

    rate: float
    p50_ms: float
    p99_ms: float
    busy: float
    statuses: Mapping[str, int]


class Answer(NamedTuple):
    status: str
    took_s: float


class Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self._request = b""
        self._got = b""
        self.began = 0.0
        self.socket = self._connected()

    def ask(self, request: bytes) -> None:
        self._request, self._got = request, b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def again(self) -> None:
        """Ask anew what was not answered: the server closed, as it may when a worker has served its time."""
        self.socket.close()
        self.socket = self._connected()
        self._got = b""
        self.socket.sendall(self._request)

    def receive(self) -> str | None:
        """Return the status once the answer is whole.

        :raises ConnectionError: when the server has closed
        """
        block = self.socket.recv(_BLOCK)
        if not block:
            raise ConnectionResetError
        self._got += block
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        return head[9:12].decode()

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def request(path: str, body: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


def ask(port: int, requests: Sequence[bytes], *, seconds: float, connections: int) -> Answers:
    """Ask for `seconds` after a short warm-up; which request comes next is drawn at random."""
    draw = random.Random(1)  # noqa: S311  nothing secret: the same order each time
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = Connection(port)
            connection.ask(draw.choice(requests))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        _collect(selector, lambda: draw.choice(requests), _WARM_UP_S)
        worked = time.process_time()
        answered = _collect(selector, lambda: draw.choice(requests), seconds)
        busy = (time.process_time() - worked) / seconds
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    times = sorted(answer.took_s for answer in answered)
    return Answers(
        rate=len(times) / seconds,
        p50_ms=1000 * times[len(times) // 2],
        p99_ms=1000 * times[len(times) * 99 // 100],
        busy=busy,
        statuses=Counter(answer.status for answer in answered),
    )


def _collect(selector: selectors.BaseSelector, draw: Callable[[], bytes], seconds: float) -> list[Answer]:
    answered = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for key, _ in selector.select(timeout=0.1):
            connection: Connection = key.data
            try:
                status = connection.receive()
            except ConnectionError:
                selector.unregister(connection.socket)
                connection.again()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                continue
            if status:
                answered.append(Answer(status, time.perf_counter() - connection.began))
                connection.ask(draw())
    return answered


if __name__ == "__main__":
    port, path, seconds, connections = sys.argv[1:]
    requests = [request(path, line.strip()) for line in sys.stdin]
    found = ask(int(port), requests, seconds=float(seconds), connections=int(connections))
    sys.stdout.write(json.dumps(found._asdict()) + "\n")
