"""A key's way: introduced, put to use once every process knows it, and retired once nothing needs it.

Whatever lies under an older version is rewritten by a worker in between. Nothing here stops a process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from django.conf import settings

from config.keys import LOOK_EVERY_S, agent, files, kek, shares
from parcels.workers import rekey
from people import audit
from people.acts import Act

KNOWN_TO_ALL_S: Final = 3 * LOOK_EVERY_S
"""After so long every process has looked at the folder, one that was busy at the time included."""
QUIET_S: Final = 15 * 60.0
"""As long as the longest transaction and the longest window of a throttle."""

Wait = Callable[[float], None]


class NotPossible(Exception):
    """Says why, for whoever typed the command."""


def rotate(name: str, *, wait: Wait = time.sleep) -> int:
    """Make a version of a key, kept as the present one is, and put it to use; return its number.

    :raises NotPossible: if the present one is kept by officers, who have to be given shares
    :raises Locked: if the command that wraps does not answer
    """
    versions = settings.KEYS.versions(name)
    present, text = versions.texts[versions.current], files.new_key()
    if present.startswith(kek.OFFICERS):
        raise NotPossible("Officers keep this key: `keys split` makes a new one, and new shares.")
    if present.startswith(kek.COMMAND):
        text = kek.wrapped_by_command(bytes.fromhex(text), settings.KEK_SOURCES.command)
    return introduce(name, text, wait=wait)


def keep_by_command(*, wait: Wait = time.sleep) -> int:
    """Make a key-encryption key that is kept only as KEK_COMMAND wrapped it, and put it to use.

    :raises NotPossible: without a command
    :raises Locked: if it does not answer
    """
    if not settings.KEK_SOURCES.command:
        raise NotPossible("KEK_COMMAND names no program.")
    text = kek.wrapped_by_command(bytes.fromhex(files.new_key()), settings.KEK_SOURCES.command)
    return introduce("kek", text, wait=wait)


def split(hand_out: Callable[[Sequence[shares.Share]], None], *, wait: Wait = time.sleep) -> int:
    """Make a key-encryption key for three officers, and put it to use once each has written down a share.

    It is in the agent's memory, and in two of the shares, and nowhere else.

    :raises NotPossible: where no agent runs
    """
    key = bytes.fromhex(files.new_key())
    number = max(settings.KEYS.versions("kek").texts) + 1
    hand_out(shares.split(key, number))
    tell_agent({"put": number, "key": key.hex()})
    _audit(Act.KEYS_SPLIT, "kek", number)
    return introduce("kek", kek.kept_by_officers(key), wait=wait)


def introduce(name: str, text: str, *, wait: Wait) -> int:
    number = files.add(settings.KEYS.folder, name, text)
    wait(KNOWN_TO_ALL_S)
    files.activate(settings.KEYS.folder, name, number)
    _audit(Act.KEY_ROTATED, name, number)
    wait(KNOWN_TO_ALL_S)
    settings.KEYS.look_now()
    return number


def retire(name: str, number: int, *, quiet_s: float = QUIET_S) -> None:
    """Forget a version for good.

    :raises NotPossible: if it is in use, or something needs it, or may still be written under it
    """
    settings.KEYS.look_now()
    versions = settings.KEYS.versions(name)
    if number not in versions.texts:
        raise NotPossible(f"There is no version {number} of {name}.")
    if number == versions.current:
        raise NotPossible(f"Version {number} of {name} is in use: rotate it first.")
    if time.time() - versions.since[versions.current] < quiet_s:
        raise NotPossible(f"Wait {quiet_s / 60:.0f} minutes from the rotation on: work may be under way.")
    if needs := [f"{count} {what}" for what, count in rekey.needing(name, number).items() if count]:
        raise NotPossible(f"Version {number} of {name} is still needed by {', '.join(needs)}.")
    files.remove(settings.KEYS.folder, name, number)
    _audit(Act.KEY_RETIRED, name, number)


def lock(*, wait: Wait = time.sleep) -> None:
    """Have every process wipe the key-encryption key from its memory, and refuse to fetch it again."""
    files.lock(settings.KEYS.folder)
    # Where there is no agent, nothing is in its memory.
    with suppress(OSError):
        agent.ask(settings.KEK_SOURCES.socket, {"lock": True})
    _audit(Act.KEYS_LOCKED, "kek", settings.KEYS.current("kek"))
    wait(KNOWN_TO_ALL_S)


def unlock(share: str = "") -> list[int]:
    """Take one officer's share; return the versions for which another one is still awaited.

    :raises NotPossible: if it is no share, or fits no version
    """
    texts = settings.KEYS.versions("kek").texts
    if share:
        version = _version_of(share)
        mark = texts.get(version, "").removeprefix(kek.OFFICERS)
        if not texts.get(version, "").startswith(kek.OFFICERS):
            raise NotPossible("This share belongs to no version of the key that officers keep.")
        tell_agent({"share": share, "mark": mark})
    waiting = locked_versions()
    if not waiting:
        files.unlock(settings.KEYS.folder)
        settings.KEYS.look_now()
        _audit(Act.KEYS_UNLOCKED, "kek", settings.KEYS.current("kek"))
    return waiting


def locked_versions() -> list[int]:
    """Return the versions that officers keep and that the agent does not hold."""
    texts = settings.KEYS.versions("kek").texts
    kept = [number for number, text in sorted(texts.items()) if text.startswith(kek.OFFICERS)]
    return [number for number in kept if agent.get(settings.KEK_SOURCES.socket, number) is None]


def tell_agent(question: dict[str, Any]) -> dict[str, Any]:
    """:raises NotPossible: where no agent listens, or it refuses"""
    try:
        told = agent.ask(settings.KEK_SOURCES.socket, question)
    except OSError:
        raise NotPossible("No key agent runs: start Lifeline with `manage.py up`.") from None
    if "error" in told:
        raise NotPossible(str(told["error"]))
    return told


def _version_of(text: str) -> int:
    try:
        return shares.read(text).version
    except shares.NotAShare:
        raise NotPossible("This is no share, or it was mistyped.") from None


def _audit(act: Act, name: str, number: int) -> None:
    audit.record(audit.By.COMMAND, act, f"key {name}", number)
