"""Where lines can go: to the end of a file, or to a log server as RFC 5424 has it.

`/path/to/file`, `unix:/dev/log`, `syslog://host:port` (TCP), `syslog+tls://host:port` (RFC 5425) or
`syslog+udp://host:port` (RFC 5426).
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

# "log audit", informational: RFC 5424, 6.2.1.
_PRIORITY: Final = 13 * 8 + 6
_PATIENCE_S: Final = 10
_PORTS: Final = {"syslog": 601, "syslog+tls": 6514, "syslog+udp": 514}


class Target(Protocol):
    def write(self, lines: Sequence[str]) -> None:
        """:raises OSError: if it cannot be known to have arrived"""


class UnknownTarget(ValueError):
    """The address is of no kind that lines can go to."""


@contextmanager
def opened(address: str) -> Iterator[Target]:
    """:raises OSError: if it cannot be reached

    :raises UnknownTarget: for an address of another kind
    """
    scheme = address.partition(":")[0] if ":" in address else ""
    if not scheme:
        yield _File(Path(address))
    elif scheme == "unix":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            datagrams.settimeout(_PATIENCE_S)
            datagrams.connect(address.removeprefix("unix:"))
            yield _Syslog(datagrams.send, counted=False)
    elif scheme in _PORTS:
        with _connected(address, scheme) as connection:
            is_stream = scheme != "syslog+udp"
            yield _Syslog(connection.sendall if is_stream else connection.send, counted=is_stream)
    else:
        raise UnknownTarget(scheme)


class _File:
    """Only ever added to, readable by us alone, and on the disk before it counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, lines: Sequence[str]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = "".join(f"{line}\n" for line in lines).encode()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            while whole:
                whole = whole[os.write(file, whole) :]
            os.fsync(file)
        finally:
            os.close(file)


class _Syslog:
    def __init__(self, send: Callable[[bytes], object], *, counted: bool) -> None:
        self.send, self.counted = send, counted

    def write(self, lines: Sequence[str]) -> None:
        for line in lines:
            message = syslog_message(line, datetime.now(UTC))
            # On a stream each message says how long it is: RFC 6587, 3.4.1, and RFC 5425, 4.3.
            self.send(b"%d %s" % (len(message), message) if self.counted else message)


def syslog_message(line: str, at: datetime) -> bytes:
    """Return `line` as a message of RFC 5424, without structured data; UTF-8 is announced by its mark."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = socket.gethostname() or "-"
    header = f"<{_PRIORITY}>1 {stamp} {host} lifeline {os.getpid()} audit - "
    return header.encode() + b"\xef\xbb\xbf" + line.encode()


@contextmanager
def _connected(address: str, scheme: str) -> Iterator[socket.socket]:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS[scheme]
    if scheme == "syslog+udp":
        family, kind, protocol, _, to = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as datagrams:
            datagrams.connect(to)
            yield datagrams
        return
    with socket.create_connection((host, port), timeout=_PATIENCE_S) as plain:
        if scheme == "syslog":
            yield plain
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
            yield secured
