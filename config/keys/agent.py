"""The key agent: holds what two of three officers unlocked, in memory alone, and hands it to our processes.

It listens on a socket in a folder of our own and answers processes of our own user only, as the kernel says
who they are. Its memory is locked against swapping and against dumps, where the system allows. Requests and
answers are one line of JSON each.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import json
import os
import socket
import socketserver
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from config.keys import shares

_MARK: Final = b"lifeline key-encryption key"
_PATIENCE_S: Final = 15 * 60
"""How long a first share waits for the second."""
_LONGEST_LINE: Final = 4096
_MCL_CURRENT_AND_FUTURE: Final = 3
_PR_SET_DUMPABLE: Final = 4


def socket_of(folder: Path) -> Path:
    """Return where the agent of a keys' folder listens: a socket's path may have 107 bytes, so not inside."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lifeline-keys-{digest}" / "agent"


class Held:
    """The keys by version, and the shares that wait for another one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[int, bytearray] = {}
        self._waiting: dict[int, dict[int, tuple[float, bytes]]] = {}

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            match asked:
                case {"get": int(version)}:
                    key = self._keys.get(version)
                    return {"key": key.hex() if key else None}
                case {"put": int(version), "key": str(key)}:
                    self._keys[version] = bytearray.fromhex(key)
                    return {"unlocked": True}
                case {"share": str(text), "mark": str(mark)}:
                    return self._take(shares.read(text), mark)
                case {"lock": True}:
                    return self._forget()
        return {"error": "not understood"}

    def _take(self, share: shares.Share, mark: str) -> dict[str, Any]:
        """Keep a share until there are two different ones, and see whether they make the key of that mark."""
        now = time.monotonic()
        fresh = {
            index: (since, part)
            for index, (since, part) in self._waiting.get(share.version, {}).items()
            if now - since < _PATIENCE_S
        }
        fresh[share.officer] = (now, share.part)
        self._waiting[share.version] = fresh
        if len(fresh) < shares.NEEDED:
            return {"unlocked": False, "waiting": shares.NEEDED - len(fresh)}
        del self._waiting[share.version]
        key = shares.combine({index: part for index, (_, part) in fresh.items()})
        if hmac.digest(key, _MARK, "sha256").hex() != mark:
            return {"error": "these two shares do not belong together"}
        self._keys[share.version] = bytearray(key)
        return {"unlocked": True}

    def _forget(self) -> dict[str, Any]:
        for key in self._keys.values():
            key[:] = bytes(len(key))
        self._keys.clear()
        self._waiting.clear()
        return {"locked": True}


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        if not is_ours(self.connection):
            return
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101  for the types only
        try:
            answer = server.held.answer(json.loads(self.rfile.readline(_LONGEST_LINE)))
        except shares.NotAShare:
            answer = {"error": "this is no share, or it was mistyped"}
        except ValueError:
            answer = {"error": "not understood"}
        with suppress(OSError):
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, held: Held) -> None:
        self.held = held
        super().__init__(str(path), _Handler)


def is_ours(connection: socket.socket) -> bool:
    """Whether the other end is a process of our own user, or of root."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # macOS: the folder alone keeps others out
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", told)
    return user in (os.geteuid(), 0)


def ask(path: Path, question: Mapping[str, Any]) -> dict[str, Any]:
    """:raises OSError: where no agent of ours listens"""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        if not is_ours(connection):
            raise PermissionError("another user's program listens in the agent's place")
        connection.sendall(json.dumps(question).encode() + b"\n")
        with connection.makefile("rb") as answer:
            told: dict[str, Any] = json.loads(answer.readline(_LONGEST_LINE))
            return told


def get(path: Path, version: int) -> bytearray | None:
    """Return a key the agent holds; None where it holds none, or there is no agent."""
    try:
        key = ask(path, {"get": version}).get("key")
    except (OSError, ValueError):
        return None
    return bytearray.fromhex(key) if key else None


def serve(folder: Path) -> None:
    """Answer until a signal ends us."""
    path = socket_of(folder)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.parent.stat().st_uid != os.geteuid() or path.parent.stat().st_mode & 0o077:
        raise PermissionError(f"{path.parent} is open to others")
    path.unlink(missing_ok=True)
    _keep_to_ourselves()
    os.umask(0o177)
    with _Server(path, Held()) as server:
        server.serve_forever()


def _keep_to_ourselves() -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_DUMPABLE, 0)
        # Refused where the limit of locked memory is low; then swap has to be encrypted.
        libc.mlockall(_MCL_CURRENT_AND_FUTURE)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        serve(Path(sys.argv[1]))
