"""The secrets that live outside the database: one file each, readable by the service alone."""

import secrets
from pathlib import Path
from typing import NamedTuple


class Keys(NamedTuple):
    """Hex strings of 32 random bytes.

    `secret` signs sessions, `kek` wraps each person's key, `search` hashes name keys, `code` makes receipt
    codes, `lookup` hashes them, `audit` signs the heads of the audit. They are six keys so that each can be
    rotated, or lost, alone.
    """

    secret: str
    kek: str
    search: str
    code: str
    lookup: str
    audit: str


def load(folder: Path) -> Keys:
    """Return the keys in `folder`, making those that are missing."""
    return Keys(*(_read_or_make(folder / name) for name in Keys._fields))


def _read_or_make(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Linking a finished file is atomic: of several processes starting at once, one key wins.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
