"""Where the key-encryption key comes from: a file, a program that wraps, or officers and an agent."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config import keys
from config.keys import agent, files, kek, shares
from config.keys.kek import Sources
from people.locking import Locked

# A small key service: it wraps by a key of its own, which nobody else has, and counts what it is asked.
SERVICE = """
import base64, json, pathlib, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
home = pathlib.Path(sys.argv[1])
asked = json.load(sys.stdin)
with open(home / "asked", "a") as log:
    log.write(asked["operation"] + "\\n")
if (home / "down").exists():
    sys.exit("out of order")
cipher, data = AESGCM(b"s" * 32), base64.b64decode(asked["data"])
done = {"wrap": cipher.encrypt, "unwrap": cipher.decrypt}[asked["operation"]](bytes(12), data, b"")
print(json.dumps({"data": base64.b64encode(done).decode()}))
"""
KEY = bytes(range(32))


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    service = tmp_path / "service.py"
    service.write_text(SERVICE)
    return [sys.executable, str(service), str(tmp_path)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def running(folder: Path) -> Iterator[Path]:
    """The agent, as a process of its own; its socket."""
    folder.mkdir(mode=0o700)
    process = subprocess.Popen([sys.executable, "-m", "config.keys.agent", str(folder)])
    path = agent.socket_of(folder)
    until = time.monotonic() + 10
    while agent_is_silent(path) and time.monotonic() < until:
        time.sleep(0.02)
    yield path
    process.terminate()
    process.wait()
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def agent_is_silent(path: Path) -> bool:
    try:
        agent.ask(path, {"get": 0})
    except OSError:
        return True
    return False


def use(folder: Path, text: str) -> int:
    number = files.add(folder, "kek", text)
    files.activate(folder, "kek", number)
    return number


def test_command_keeps_the_key_wrapped_on_disk_and_is_asked_once(
    folder: Path, command: list[str], tmp_path: Path
) -> None:
    ring = keys.load(folder, sources=Sources(command=command))
    number = use(folder, kek.wrapped_by_command(KEY, command))
    ring.look_now()

    kept = ring.wrap(number, bytes(12), b"secret", b"")

    assert ring.unwrap(number, bytes(12), kept, b"") == b"secret"
    assert (tmp_path / "asked").read_text().split() == ["wrap", "unwrap"]
    assert KEY.hex() not in (folder / f"kek.{number}").read_text()


def test_what_a_command_gave_is_held_for_its_time_only(
    folder: Path, command: list[str], tmp_path: Path
) -> None:
    ring = keys.load(folder, sources=Sources(command=command, held_s=0.2))
    number = use(folder, kek.wrapped_by_command(KEY, command))
    ring.look_now()
    ring.wrap(number, bytes(12), b"secret", b"")
    time.sleep(0.3)
    (tmp_path / "down").touch()

    with pytest.raises(Locked):
        ring.wrap(number, bytes(12), b"secret", b"")

    (tmp_path / "down").unlink()
    assert ring.wrap(number, bytes(12), b"secret", b"")
    assert (tmp_path / "asked").read_text().split() == ["wrap", "unwrap", "unwrap", "unwrap"]


@pytest.mark.parametrize("words", [["/nonexistent"], [sys.executable, "-c", "print('?')"], ["true"]])
def test_command_that_answers_no_key_leaves_names_locked(words: list[str]) -> None:
    with pytest.raises(Locked):
        kek.asked("unwrap", KEY, words)


def test_two_officers_unlock_in_any_order_and_one_alone_does_not(running: Path, folder: Path) -> None:
    ring = keys.load(folder, sources=Sources(socket=running))
    number = use(folder, kek.kept_by_officers(KEY))
    mark = kek.mark_of(KEY)
    ring.look_now()
    first, _, third = (each.text() for each in shares.split(KEY, number))
    assert not ring.can_unwrap()

    assert agent.ask(running, {"share": third, "mark": mark}) == {"unlocked": False, "waiting": 1}
    assert agent.ask(running, {"share": third, "mark": mark}) == {"unlocked": False, "waiting": 1}
    assert not ring.can_unwrap()
    assert agent.ask(running, {"share": first, "mark": mark}) == {"unlocked": True}

    assert ring.can_unwrap()
    assert ring.unwrap(number, bytes(12), ring.wrap(number, bytes(12), b"secret", b""), b"") == b"secret"
    assert [path.name for path in folder.iterdir() if KEY.hex() in path.read_text()] == []


def test_shares_of_two_keys_unlock_nothing(running: Path) -> None:
    ours, theirs = shares.split(KEY, 2), shares.split(bytes(32), 2)
    agent.ask(running, {"share": ours[0].text(), "mark": kek.mark_of(KEY)})

    told = agent.ask(running, {"share": theirs[1].text(), "mark": kek.mark_of(KEY)})

    assert "error" in told
    assert agent.get(running, 2) is None
    # The pair is forgotten: a right one begins anew.
    assert agent.ask(running, {"share": ours[1].text(), "mark": kek.mark_of(KEY)})["waiting"] == 1


def test_lock_makes_the_agent_forget(running: Path) -> None:
    agent.ask(running, {"put": 2, "key": KEY.hex()})
    assert agent.get(running, 2) == KEY

    agent.ask(running, {"lock": True})

    assert agent.get(running, 2) is None


def test_agent_answers_nonsense_with_an_error_and_lives_on(running: Path) -> None:
    for line in (
        b"\n",
        b"[]\n",
        b"{}\n",
        b'{"get": "all"}\n',
        b'{"put": 1, "key": "zz"}\n',
        b"x" * 9000 + b"\n",
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(running))
            connection.sendall(line)
            assert b"error" in connection.recv(1000)
    assert agent.ask(running, {"share": "nonsense", "mark": ""}) == {
        "error": "this is no share, or it was mistyped"
    }
    assert agent.ask(running, {"lock": True}) == {"locked": True}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_agents_key_is_in_no_place_where_others_look(running: Path, folder: Path) -> None:
    agent.ask(running, {"put": 2, "key": KEY.hex()})
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running))
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    process = Path("/proc") / str(int.from_bytes(told[:4], sys.byteorder))

    assert (running.stat().st_mode & 0o777, running.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for place in ("cmdline", "environ"):
        with suppress(PermissionError):  # as an ordinary user's: its environment is root's to read
            assert KEY.hex().encode() not in (process / place).read_bytes()
    # Not dumpable: its files belong to root, so nobody else reads its memory, and it leaves no core.
    assert process.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_agent_answers_nobody_else(running: Path) -> None:
    agent.ask(running, {"put": 2, "key": KEY.hex()})
    running.parent.chmod(0o711)
    running.chmod(0o666)
    question = (
        "import os, socket\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
        f"s.connect({str(running)!r})\n"
        # Closed before it is read, or while: either way nothing comes back.
        "try:\n s.sendall(b'{\"get\": 2}\\n')\n print(s.recv(1000))\nexcept ConnectionError:\n print(b'')"
    )

    told = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=False)

    assert (told.stdout.strip(), KEY.hex() in told.stdout + told.stderr) == ("b''", False)
