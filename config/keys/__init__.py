"""The secrets that live outside the database, each in versions: one in use, older ones still understood.

A running process notices within a second that a version came, was put to use, or went. So a version is
introduced, known to all, and only then put to use: nobody ever meets one that he does not know.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from config.keys import files
from config.keys.agent import socket_of
from config.keys.files import NAMES, Versions
from config.keys.kek import Kek, Sources
from people.locking import Locked

__all__ = ["LOOK_EVERY_S", "NAMES", "Keyring", "Locked", "Sources", "load", "socket_of"]

LOOK_EVERY_S: Final = 1.0
"""No process looks at the folder more often, and none acts on what it saw longer ago."""
_SETTLED_NS: Final = 2_000_000_000


def load(folder: Path, *, sources: Sources | None = None) -> Keyring:
    """Return the keys in `folder`, making those that are missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.make_missing(folder)
    return Keyring(folder, sources or Sources())


class Keyring:
    """What `settings.KEYS` is: each key by its version, read anew when the folder has changed."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        self.folder = folder
        self._sources = sources
        self._kek = Kek(sources)
        self._changed: list[Callable[[], None]] = []
        self._wiped: list[Callable[[], None]] = []
        self._reading = threading.Lock()
        self._stamp: int | None = None
        self._look_at = 0.0
        self._watched_by = 0
        self._kept: Mapping[str, Versions] = {}
        self.is_locked = False
        self._load()

    # What code that needs no version asks for: the version in use, as hex.
    @property
    def secret(self) -> str:
        return self._text("secret")

    @property
    def search(self) -> str:
        return self._text("search")

    @property
    def code(self) -> str:
        return self._text("code")

    @property
    def lookup(self) -> str:
        return self._text("lookup")

    @property
    def audit(self) -> str:
        return self._text("audit")

    def texts(self) -> dict[str, str]:
        """Return every key that lies in the folder, by the name of its file."""
        kept = ((name, *version) for name in NAMES for version in self._kept[name].texts.items())
        # Of a key-encryption key that lies elsewhere the folder says only where.
        return {
            files.named(name, number): text for name, number, text in kept if name != "kek" or ":" not in text
        }

    def older(self, name: str) -> list[str]:
        """Return the texts of the versions that are not in use, but understood."""
        versions = self.versions(name)
        return [versions.texts[number] for number in versions.live[1:]]

    def current(self, name: str) -> int:
        return self.versions(name).current

    def live(self, name: str) -> tuple[int, ...]:
        """Return the versions that are understood, the one in use first."""
        return self.versions(name).live

    def versions(self, name: str) -> Versions:
        self.look()
        return self._kept[name]

    def key(self, name: str, version: int) -> bytes:
        """Return a key of 32 bytes; a key-encryption key leaves only to wrap and unwrap.

        :raises KeyError: for a version that is not there, or not any more
        """
        return bytes.fromhex(self.versions(name).texts[version])

    def wrap(self, version: int, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        """:raises Locked: while the key-encryption key is not in memory and cannot be fetched"""
        return self._held(version).encrypt(version, nonce, plain, bound)

    def unwrap(self, version: int, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        """:raises Locked: while the key-encryption key is not in memory and cannot be fetched
        :raises cryptography.exceptions.InvalidTag: if it was changed or wrapped by another key
        """
        return self._held(version).decrypt(version, nonce, sealed, bound)

    def can_unwrap(self) -> bool:
        try:
            self._held(self.current("kek"))
        except Locked:
            return False
        return True

    def when_changed(self, do: Callable[[], None]) -> None:
        self._changed.append(do)

    def when_wiped(self, do: Callable[[], None]) -> None:
        """Have `do` called when the key-encryption key goes: what was opened with it goes too."""
        self._wiped.append(do)

    def look(self) -> None:
        """Notice what changed, if the last look is a second ago."""
        if time.monotonic() < self._look_at or not self._reading.acquire(blocking=False):
            return
        try:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            # A folder that cannot be read for a moment changes nothing.
            with contextlib.suppress(OSError, KeyError, ValueError):
                if os.stat(self.folder).st_mtime_ns != self._stamp:
                    self._load()
        finally:
            self._reading.release()

    def look_now(self) -> None:
        self._look_at = 0.0
        self.look()

    def _load(self) -> None:
        stamp = os.stat(self.folder).st_mtime_ns
        kept = {name: files.read(self.folder, name) for name in NAMES}
        was_locked, self.is_locked = self.is_locked, (self.folder / files.LOCKED).exists()
        self._kept = kept
        # The clock of a file system is coarse: what changed just now may change again at the same time.
        self._stamp = stamp if time.time_ns() - stamp > _SETTLED_NS else None
        self._kek.keep_only(kept["kek"].texts.values())
        if self.is_locked and not was_locked:
            self._kek.wipe()
            for do in self._wiped:
                do()
        for do in self._changed:
            do()

    def _text(self, name: str) -> str:
        versions = self.versions(name)
        return versions.texts[versions.current]

    def _held(self, version: int) -> Kek:
        texts = self.versions("kek").texts
        if self.is_locked:
            raise Locked
        if version not in texts:
            # Put to use by a process that saw it a moment earlier.
            self.look_now()
            texts = self._kept["kek"].texts
        self._kek.fetch(version, texts[version])
        self._watch()
        return self._kek

    def _watch(self) -> None:
        """Look every second as long as a key-encryption key is held, also when nobody asks for anything."""
        if self._watched_by == os.getpid():
            return
        self._watched_by = os.getpid()
        # A fork may have happened while another thread held it.
        self._reading = threading.Lock()
        threading.Thread(target=self._keep_looking, name="keys", daemon=True).start()

    def _keep_looking(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            self.look()
            self._kek.let_go()
