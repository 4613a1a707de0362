"""Versions on disk, and how a running process comes to know them."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from config import keys
from config.keys import files
from people.locking import Locked


@pytest.fixture
def ring(tmp_path: Path) -> keys.Keyring:
    return keys.load(tmp_path / "keys")


def wrapped(ring: keys.Keyring, version: int = 1) -> bytes:
    return ring.wrap(version, bytes(12), b"secret", b"place")


def test_folder_of_single_keys_goes_on_working(tmp_path: Path) -> None:
    for name in keys.NAMES:
        (tmp_path / name).write_text(name.encode().hex().ljust(64, "0"))
    ring = keys.load(tmp_path)

    assert ring.code == b"code".hex().ljust(64, "0")
    assert [ring.current(name) for name in keys.NAMES] == [1] * len(keys.NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(keys.NAMES)


def test_keys_are_made_readable_by_their_owner_alone(ring: keys.Keyring) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in ring.folder.iterdir()}

    assert modes == {0o600}
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700


def test_of_many_who_start_at_once_all_have_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keys.load(tmp_path), range(16)))

    assert len({ring.secret for ring in rings}) == 1


def test_version_is_known_before_it_is_used_and_older_ones_stay_known(ring: keys.Keyring) -> None:
    first = ring.code
    number = files.add(ring.folder, "code", files.new_key())
    ring.look_now()
    assert (ring.current("code"), ring.live("code"), ring.code) == (1, (1, 2), first)

    files.activate(ring.folder, "code", number)
    ring.look_now()

    assert (ring.current("code"), ring.live("code")) == (2, (2, 1))
    assert ring.code != first == ring.key("code", 1).hex()


def test_first_version_that_was_retired_is_not_made_anew(ring: keys.Keyring) -> None:
    number = files.add(ring.folder, "kek", files.new_key())
    files.activate(ring.folder, "kek", number)
    files.remove(ring.folder, "kek", 1)

    again = keys.load(ring.folder)

    assert again.live("kek") == (2,)


def test_change_is_noticed_within_a_second_and_looked_for_no_more_often(
    ring: keys.Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.look_now()
    monkeypatch.setattr(os, "stat", lambda path: pytest.fail("looked again within the second"))
    files.activate(ring.folder, "search", 1)

    ring.look()

    monkeypatch.undo()
    ring._look_at -= keys.LOOK_EVERY_S
    number = files.add(ring.folder, "search", files.new_key())
    ring.look()
    assert ring.live("search") == (1, number)


def test_half_written_folder_changes_nothing(ring: keys.Keyring) -> None:
    before = ring.lookup
    (ring.folder / "lookup.current").write_text("7")

    ring.look_now()

    assert ring.lookup == before


def test_lock_wipes_the_key_in_a_process_that_asks_for_nothing(ring: keys.Keyring) -> None:
    kept = wrapped(ring)
    held = ring._kek._held[1].key
    told = threading.Event()
    ring.when_wiped(told.set)

    files.lock(ring.folder)

    assert told.wait(3 * keys.LOOK_EVERY_S)
    assert (bytes(held), ring._kek._held) == (bytes(32), {})
    with pytest.raises(Locked):
        wrapped(ring)
    with pytest.raises(Locked):
        ring.unwrap(1, bytes(12), kept, b"place")
    assert not ring.can_unwrap()

    files.unlock(ring.folder)
    ring.look_now()
    assert ring.unwrap(1, bytes(12), kept, b"place") == b"secret"


def test_retired_version_opens_nothing_any_more(ring: keys.Keyring) -> None:
    kept = wrapped(ring)
    files.activate(ring.folder, "kek", files.add(ring.folder, "kek", files.new_key()))
    ring.look_now()
    assert ring.unwrap(1, bytes(12), kept, b"place") == b"secret"
    with pytest.raises(InvalidTag):
        ring.unwrap(2, bytes(12), kept, b"place")

    files.remove(ring.folder, "kek", 1)
    ring.look_now()

    with pytest.raises(KeyError):
        ring.unwrap(1, bytes(12), kept, b"place")
    assert 1 not in ring._kek._held
