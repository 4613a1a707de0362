"""A keyring of one test's own, to rotate as one likes."""

from pathlib import Path

from pytest_django.fixtures import Settings

from config import keys
from config.keys import files


def own(settings: Settings, folder: Path) -> keys.Keyring:
    settings.KEYS = keys.load(folder)
    return settings.KEYS


def rotated(ring: keys.Keyring, name: str, *, in_use: bool = True) -> int:
    """Add a version, as known to all at once, and put it to use."""
    number = files.add(ring.folder, name, files.new_key())
    if in_use:
        files.activate(ring.folder, name, number)
    ring.look_now()
    return number


def retired(ring: keys.Keyring, name: str, number: int) -> None:
    files.remove(ring.folder, name, number)
    ring.look_now()
