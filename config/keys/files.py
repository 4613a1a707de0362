"""The versions of each secret, in one folder outside the database and its backups.

`NAME` is version 1, `NAME.2` and so on are later ones, and `NAME.current` holds the number of the one in use;
without it that is the only one there is. Every file is written whole and put in its place at once, so that
a process which reads in the midst of a change reads what was before or what is after.
"""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

NAMES: Final = ("secret", "kek", "search", "code", "lookup", "audit")
"""`secret` signs sessions, `kek` wraps the keys of people and subjects, `search` hashes what is searched for,
`code` makes receipt codes, `lookup` hashes them, `audit` signs its heads: each can be rotated, or lost,
alone."""
LOCKED: Final = "locked"
_MOST: Final = 65_535
"""A sealed value names its key's version in two bytes."""


class Versions(NamedTuple):
    """What the files of one secret say. Texts are hex of 32 bytes, or tell where a kek is kept."""

    current: int
    texts: Mapping[int, str]
    since: Mapping[int, float]
    """When each file was written, and the current one put to use, in seconds since 1970."""

    @property
    def live(self) -> tuple[int, ...]:
        """All of them, the current one first."""
        return (self.current, *sorted(self.texts.keys() - {self.current}))


def read(folder: Path, name: str) -> Versions:
    """:raises KeyError: where the file of the version in use is missing"""
    texts, since = {}, {}
    for path in folder.glob(f"{name}*"):
        if found := re.fullmatch(rf"{name}(?:\.([0-9]+))?", path.name):
            number = int(found[1] or 1)
            texts[number], since[number] = path.read_text().strip(), path.stat().st_mtime
    mark = folder / f"{name}.current"
    current = int(mark.read_text()) if mark.exists() else min(texts, default=1)
    if current not in texts:
        raise KeyError(f"{name}: its version in use, {current}, is missing in {folder}")
    return Versions(current, texts, since | ({current: mark.stat().st_mtime} if mark.exists() else {}))


def make_missing(folder: Path) -> None:
    """Make the first version of each secret that has none; one that was put to use is never made anew."""
    for name in NAMES:
        kept = [each.name for each in folder.glob(f"{name}*")]
        if not any(re.fullmatch(rf"{name}(\.[0-9]+|\.current)?", each) for each in kept):
            add(folder, name, new_key(), number=1)


def new_key() -> str:
    return secrets.token_hex(32)


def add(folder: Path, name: str, text: str, *, number: int | None = None) -> int:
    """Keep one more version, not in use yet; return its number. Of several who make the first, one wins."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = number or max(read(folder, name).texts) + 1
    if number > _MOST:
        raise ValueError(f"{name} has had its {_MOST} versions")
    draft = _draft(folder, name, text)
    try:
        # Linking a finished file is atomic, and refuses to take another's place.
        (folder / named(name, number)).hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return number


def activate(folder: Path, name: str, number: int) -> None:
    _draft(folder, name, str(number)).replace(folder / f"{name}.current")


def remove(folder: Path, name: str, number: int) -> None:
    (folder / named(name, number)).unlink()


def lock(folder: Path) -> None:
    (folder / LOCKED).touch(mode=0o600)


def unlock(folder: Path) -> None:
    (folder / LOCKED).unlink(missing_ok=True)


def named(name: str, number: int) -> str:
    return name if number == 1 else f"{name}.{number}"


def _draft(folder: Path, name: str, text: str) -> Path:
    draft = folder / f".{name}.{secrets.token_hex(4)}"
    draft.touch(mode=0o600)
    draft.write_text(text)
    return draft
