"""Where a key-encryption key comes from, and how long a process holds it.

The text of its file says: 64 hex digits are the key itself; `command:` is followed by the key as another
program wrapped it, a KMS or a hardware module behind a command; `officers:` by a mark to know it by, and two
of three officers have to enter their shares before the agent hands it out.
"""

from __future__ import annotations

import base64
import ctypes
import hmac
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.keys import agent
from people.locking import Locked

COMMAND: Final = "command:"
OFFICERS: Final = "officers:"
_MARK: Final = b"lifeline key-encryption key"
_COMMAND_S: Final = 10
_GRACE_S: Final = 5.0
_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True)
class Sources:
    """What the kinds of sources need; `held_s` is how long a key that a command unwrapped stays in memory."""

    command: Sequence[str] = ()
    held_s: float = 300.0
    socket: Path = Path()


class _Held(NamedTuple):
    text: str
    until: float
    key: bytearray
    cipher: AESGCM


class Kek:
    """The versions in memory. Each use is under one lock, so that none meets a key that is being wiped."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}

    def fetch(self, version: int, text: str) -> None:
        """Have a version in memory. :raises Locked: where its source does not give it"""
        held = self._held.get(version)
        if held is not None and held.text == text and time.monotonic() < held.until:
            return
        key = fetched(version, text, self._sources)
        until = time.monotonic() + self._sources.held_s if text.startswith(COMMAND) else float("inf")
        forbid_dumps()
        with self._lock:
            self._held[version] = _Held(text, until, key, AESGCM(key))

    def encrypt(self, version: int, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        with self._lock:
            return self._cipher(version).encrypt(nonce, plain, bound)

    def decrypt(self, version: int, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        with self._lock:
            return self._cipher(version).decrypt(nonce, sealed, bound)

    def wipe(self) -> None:
        self._drop(list(self._held))

    def let_go(self) -> None:
        """Forget what a command gave longer ago than it may be held."""
        now = time.monotonic() - _GRACE_S
        self._drop([version for version, held in self._held.copy().items() if held.until < now])

    def keep_only(self, texts: Collection[str]) -> None:
        self._drop([version for version, held in self._held.copy().items() if held.text not in texts])

    def _drop(self, versions: Sequence[int]) -> None:
        with self._lock:
            for version in versions:
                held = self._held.pop(version, None)
                if held is not None:
                    held.key[:] = bytes(len(held.key))

    def _cipher(self, version: int) -> AESGCM:
        if version not in self._held:
            raise Locked
        return self._held[version].cipher


def fetched(version: int, text: str, sources: Sources) -> bytearray:
    """Return a key of 32 bytes from wherever `text` says it is.

    :raises Locked: if the command does not answer, or the officers have not unlocked it
    """
    if text.startswith(COMMAND):
        return asked("unwrap", base64.b64decode(text.removeprefix(COMMAND)), sources.command)
    if text.startswith(OFFICERS):
        key = agent.get(sources.socket, version)
        if key is None or mark_of(key) != text.removeprefix(OFFICERS):
            raise Locked
        return key
    return bytearray.fromhex(text)


def wrapped_by_command(key: bytes, command: Sequence[str]) -> str:
    """Return the text of a file that keeps `key` only as `command` wrapped it.

    :raises Locked: if the command does not answer
    """
    return COMMAND + base64.b64encode(asked("wrap", key, command)).decode()


def kept_by_officers(key: bytes) -> str:
    return OFFICERS + mark_of(key)


def mark_of(key: bytes | bytearray) -> str:
    """Return what tells a right key from a wrong one, and nothing of it."""
    return hmac.digest(bytes(key), _MARK, "sha256").hex()


def asked(operation: str, data: bytes, command: Sequence[str]) -> bytearray:
    """Ask the command: one JSON object on its standard input, one on its output.

    `{"operation": "wrap" or "unwrap", "data": base64}` is answered with `{"data": base64}`.

    :raises Locked: if it fails, answers something else, or takes longer than ten seconds
    """
    question = json.dumps({"operation": operation, "data": base64.b64encode(data).decode()})
    try:
        ran = subprocess.run(  # noqa: S603
            list(command), input=question.encode(), capture_output=True, timeout=_COMMAND_S, check=True
        )
        return bytearray(base64.b64decode(json.loads(ran.stdout)["data"], validate=True))
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        raise Locked(f"the key command failed ({type(error).__name__})") from None


def forbid_dumps() -> None:
    """No core file of this process holds a key, and no other process of the same user reads its memory."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)
