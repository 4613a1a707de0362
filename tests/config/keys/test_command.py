"""`manage.py keys` as somebody at a terminal uses it."""

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from config.keys import Keyring, agent, files, kek, periods
from config.keys.kek import Sources
from people.models import AuditEntry, PersonKey
from people.queries import names_of
from tests.databases import Database
from tests.factories import registered, world
from tests.keyring import own


class Terminal:
    """A shell in which the command is typed, on the data of one test."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "manage.py", "keys", *words],
            cwd=configured.BASE_DIR, env=self._env, text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def typed(self, *words: str, answers: dict[str, str]) -> tuple[str, list[str]]:
        """Answer each prompt that ends in one of `answers`; return what was shown, and the shares in it."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(configured.BASE_DIR)
            os.execve(sys.executable, [sys.executable, "manage.py", "keys", *words], self._env)  # noqa: S606
        shown, seen, shares = "", 0, []
        while True:
            try:
                shown += os.read(terminal, 1000).decode()
            except OSError:
                break
            for prompt, answer in answers.items():
                if shown[seen:].rstrip().endswith(prompt):
                    found = re.findall(r"(?:[A-Z2-7]{4}-){10,}[A-Z2-7]+", shown[seen:])
                    shares += found
                    seen = len(shown)
                    os.write(terminal, (answer or found[-1]).encode() + b"\n")
        os.waitpid(process, 0)
        return shown, shares


@pytest.fixture
def ring(settings: Settings, tmp_path: Path) -> Keyring:
    return own(settings, tmp_path / "keys")


@pytest.fixture
def terminal(ring: Keyring, committed_db: Database) -> Terminal:
    return Terminal(committed_db.environment() | {"LIFELINE_KEYS": str(ring.folder)})


@pytest.fixture
def running_agent(ring: Keyring) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "config.keys.agent", str(ring.folder)])
    path = agent.socket_of(ring.folder)
    while not path.exists():
        time.sleep(0.02)
    yield
    process.terminate()
    process.wait()
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def test_key_is_rotated_looked_at_and_not_retired_at_once(terminal: Terminal, ring: Keyring) -> None:
    parcel = registered(world())

    code, shown = terminal.run("rotate", "kek")

    assert (code, "kek: version 2 is in use." in shown, "keys of people: 0 left" in shown) == (0, True, True)
    assert set(PersonKey.objects.values_list("kek_version", flat=True)) == {2}
    code, shown = terminal.run("status")
    assert re.search(r"^kek +2, in use .* file +2 keys of people", shown, re.MULTILINE)
    assert re.search(r"^kek +1 .* file +-$", shown, re.MULTILINE)
    assert "Names are open." in shown
    code, shown = terminal.run("retire", "kek", "1")
    assert (code, "Wait 15 minutes" in shown, (ring.folder / "kek").exists()) == (1, True, True)
    ring.look_now()
    assert names_of([parcel.recipient_id])
    assert list(AuditEntry.objects.filter(subject_kind="key kek").values_list("act", "subject")) == [
        ("key_rotated", 2)
    ]


def test_version_in_use_for_too_long_is_named(terminal: Terminal, ring: Keyring) -> None:
    assert "is due since" not in terminal.run("status")[1]
    for name, every in periods.ROTATE_EVERY.items():
        began = time.time() - every.total_seconds() - 86_400
        os.utime(ring.folder / name, (began, began))
    terminal.run("rotate", "audit")

    shown = terminal.run("status")[1]

    due = re.findall(r"^(\w+): another version is due since", shown, re.MULTILINE)
    assert due == [name for name in files.NAMES if name != "audit"]


@pytest.mark.usefixtures("running_agent")
def test_officers_get_shares_and_two_of_them_unlock(
    terminal: Terminal, ring: Keyring, settings: Settings
) -> None:
    parcel = registered(world())

    shown, shares = terminal.typed("split", answers={"Press Enter.": " ", "type it in:": ""})

    assert "kek: version 2 is in use, kept by officers." in shown
    assert len(set(shares)) == 3
    assert files.read(ring.folder, "kek").texts[2].startswith(kek.OFFICERS)
    assert set(PersonKey.objects.values_list("kek_version", flat=True)) == {2}
    files.remove(ring.folder, "kek", 1)

    assert "Names are locked" in terminal.run("lock")[1]
    assert "locked: two officers" in terminal.run("status")[1]
    first, _ = terminal.typed("unlock", answers={"Your share:": shares[2]})
    assert "A second officer has 15 minutes" in first
    again, _ = terminal.typed("unlock", answers={"Your share:": shares[2]})
    assert "A second officer has 15 minutes" in again
    wrong, _ = terminal.typed("unlock", answers={"Your share:": shares[0][:-1] + "A" * 2})
    assert "mistyped" in wrong
    second, _ = terminal.typed("unlock", answers={"Your share:": shares[0]})
    assert "Names are open." in second

    # Another process, started afterwards, gets it from the agent.
    settings.KEYS = Keyring(ring.folder, Sources(socket=agent.socket_of(ring.folder)))
    assert names_of([parcel.recipient_id])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("retire", "kek", "1"), "is in use"),
        (("rotate", "code", "--by-command"), "Only the key-encryption key"),
        (("rotate", "kek", "--by-command"), "KEK_COMMAND names no program"),
        (("split",), "on a terminal only"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    terminal: Terminal, ring: Keyring, words: tuple[str, ...], why: str
) -> None:
    before = sorted(path.name for path in ring.folder.iterdir())

    code, shown = terminal.run(*words)

    assert (code != 0, why in shown) == (True, True), shown
    assert sorted(path.name for path in ring.folder.iterdir()) == before
