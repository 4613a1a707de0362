"""One POST to one receiver: to an address that was checked, within a time, and no further than its answer.

The name is looked up once, every address it has is checked, and the connection goes to one of those by its
number: what a resolver answers later changes nothing. No redirect is followed, no proxy is asked.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from people.relay import addresses
from people.relay.addresses import Target
from people.relay.schedule import Outcome, outcome_of


class Limits(NamedTuple):
    connect_s: float = 10
    total_s: float = 20
    answer_bytes: int = 65_536


class _NotSent(Exception):
    """Why nothing was sent, or nothing understood; its text is a code word."""


def post(target: Target, body: str, headers: Mapping[str, str], limits: Limits) -> Outcome:
    """Send the body, and judge the answer's first lines; what follows them is not read."""
    until = time.monotonic() + limits.total_s
    try:
        with contextlib.closing(_Connection(target, until, limits)) as connection:
            connection.request("POST", target.path, body.encode(), _all(target, headers))
            answer = connection.getresponse()
            return outcome_of(answer.status, dict(answer.getheaders()))
    except _NotSent as error:
        return Outcome(str(error))
    except TimeoutError:
        return Outcome("timeout")
    except ssl.SSLError:
        return Outcome("tls")
    except http.client.HTTPException:
        return Outcome("no answer of HTTP")
    except OSError:
        return Outcome("connection failed")


def _all(target: Target, headers: Mapping[str, str]) -> dict[str, str]:
    return {
        "Host": target.host_header,
        "Content-Type": "application/json",
        "User-Agent": "Lifeline-Webhooks/1",
        "Connection": "close",
        **headers,
    }


class _Connection(http.client.HTTPConnection):
    def __init__(self, target: Target, until: float, limits: Limits) -> None:
        super().__init__(target.host, target.port)
        self._target, self._until, self._limits = target, until, limits

    def connect(self) -> None:
        opened = _opened(self._target, self._until, self._limits)
        try:
            if self._target.scheme == "https":
                opened.settimeout(_left(self._until))
                opened = _tls().wrap_socket(opened, server_hostname=self._target.host)
        except BaseException:
            opened.close()
            raise
        self.sock = _Timed(opened, self._until, self._limits.answer_bytes)


def _opened(target: Target, until: float, limits: Limits) -> socket.socket:
    """Connect to the first address that answers, of those the name has now.

    :raises _NotSent: where one of them is not public; then none is tried
    """
    found = _looked_up(target, min(limits.connect_s, _left(until)))
    if not target.excepted and not all(addresses.is_public(to[0]) for _, to in found):
        raise _NotSent("address not public")
    failed: OSError | None = None
    for family, to in found[:4]:
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(min(limits.connect_s, _left(until)))
            opened.connect(to)
            # The number we asked for, and not what a translation on the way made of it.
            if not target.excepted and not addresses.is_public(opened.getpeername()[0]):
                raise _NotSent("address not public")
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            failed = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise failed or _NotSent("name not found")


Found = list[tuple[int, tuple[Any, ...]]]


def _looked_up(target: Target, within_s: float) -> Found:
    """Ask the resolver, once; it knows no time limit of its own, so it is asked in a thread.

    :raises _NotSent: where the name has no address
    """
    answers: list[Found] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            answers.append([(family, to) for family, _, _, _, to in rows])

    asking = threading.Thread(target=ask, name="resolver", daemon=True)
    asking.start()
    asking.join(within_s)
    if not answers:
        raise _NotSent("timeout" if asking.is_alive() else "name not found")
    return answers[0]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _left(until: float) -> float:
    """:raises TimeoutError: when there is none left"""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Timed:
    """A socket whose every wait ends when the whole time is over, also for who sends a byte a second."""

    def __init__(self, opened: socket.socket, until: float, most: int) -> None:
        self._socket, self._until, self._most = opened, until, most

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._until))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._socket, self._until, self._most))

    def close(self) -> None:
        self._socket.close()


class _Answer(io.RawIOBase):
    """What comes back, up to so many bytes."""

    def __init__(self, opened: socket.socket, until: float, most: int) -> None:
        self._socket, self._until, self._left = opened, until, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise _NotSent("answer too large")
        self._socket.settimeout(_left(self._until))
        read = self._socket.recv_into(buffer, min(len(buffer), self._left))
        self._left -= read
        return read
