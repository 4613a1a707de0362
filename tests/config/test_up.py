"""Real starts of the product, on empty data without the demonstration, and every way to end one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.launcher.processes import BASE_DIR


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Product:
    """One `manage.py up` after another on the same data."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = _free_port()
        self.process: subprocess.Popen[str]

    def launch(self, *, port: int | None = None, data: Path | None = None) -> "subprocess.Popen[str]":
        env = self.environment() | {"LIFELINE_DATA": str(data or self.data), "PORT": str(port or self.port)}
        command = [sys.executable, "manage.py", "up", "--no-demo"]
        return subprocess.Popen(
            command, cwd=BASE_DIR, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def environment(self) -> dict[str, str]:
        """Return that of a person at a shell, who knows of no server."""
        tests = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ROLE", "REDIS_URL")
        ours = {name: value for name, value in os.environ.items() if name not in tests}
        return ours | {"LIFELINE_DATA": str(self.data)}

    def start(self) -> list[str]:
        """Return the lines shown until it runs."""
        self.process = self.launch()
        shown: list[str] = []
        assert self.process.stdout
        for line in self.process.stdout:
            shown.append(line.rstrip())
            if "Ctrl-C" in line:
                return shown
        raise AssertionError("\n".join(shown))

    def wait(self, seconds: float = 30) -> int:
        with self.process:
            return self.process.wait(seconds)

    def family(self) -> list[psutil.Process]:
        """Return every process below it, deepest included."""
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def board(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.data / "board.json").read_text())
        return found

    def addresses(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data / "servers.json").read_text())
        return found

    def answers(self, path: str = "/livez") -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    data = Path(tempfile.mkdtemp(prefix="lifeline-up-"))
    # As root, PostgreSQL runs as another user, who must reach its folder.
    data.chmod(0o755)
    product = Product(data)
    started = time.monotonic()
    product.start()
    assert time.monotonic() - started < 60
    yield product
    if product.process.poll() is None:
        product.process.terminate()
        product.wait()
    shutil.rmtree(data)


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def _nothing_left_of(family: list[psutil.Process], seconds: float = 10) -> bool:
    return not psutil.wait_procs(family, timeout=seconds)[1]


def _child(product: Product, *words: str) -> psutil.Process:
    for child in psutil.Process(product.process.pid).children():
        if all(word in " ".join(child.cmdline()) for word in words):
            return child
    raise AssertionError(words)


def test_up_answers_and_writes_board(product: Product) -> None:
    assert product.answers()
    assert product.board() == {
        "url": f"http://127.0.0.1:{product.port}",
        "accounts": [],
        "clients": [],
        "receipt_code": None,
        "round": None,
    }
    for name in ("board.json", "servers.json"):
        assert (product.data / name).stat().st_mode & 0o777 == 0o600


def test_up_runs_as_plain_login(product: Product) -> None:
    with psycopg.connect(product.addresses()["owner"]) as owner:
        logins = owner.execute(
            "SELECT DISTINCT usename::text FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert set(logins) <= {("lifeline_app",)}


def test_no_process_is_told_the_owner_of_the_database(product: Product) -> None:
    owner, told = product.addresses()["owner"], {}
    for child in psutil.Process(product.process.pid).children():
        words = " ".join(child.cmdline())
        for name in ("gunicorn", "worker", "beat", "sweep", "config.keys.agent"):
            if name in words and (name != "config.keys.agent" or os.geteuid() == 0):
                told[name] = child.environ()  # that of who holds keys is root's to read
    assert len(told) >= 4
    assert not [name for name, each in told.items() if owner in each.values()]
    assert {each["DATABASE_OWNER_URL"] for each in told.values()} == {product.addresses()["database"]}


def test_logins_can_lift_no_guard(product: Product) -> None:
    with psycopg.connect(product.addresses()["owner"]) as owner:
        found = owner.execute(
            "SELECT rolname, rolsuper OR rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolcanlogin AND rolname LIKE 'lifeline%' ORDER BY rolname"
        ).fetchall()
    assert found == [("lifeline_app", False, False), ("lifeline_owner", False, True)]


def test_command_typed_beside_finds_the_servers(product: Product) -> None:
    command = [sys.executable, "manage.py", "migrate", "--check"]
    assert subprocess.run(command, cwd=BASE_DIR, env=product.environment(), timeout=30).returncode == 0


def test_second_up_on_same_data_says_it_runs(product: Product) -> None:
    second = product.launch(port=_free_port())
    shown, _ = second.communicate(timeout=30)
    assert shown.splitlines()[-1].endswith(
        f"Lifeline is already running on this data: http://127.0.0.1:{product.port}"
    )
    assert second.returncode == 2
    assert product.answers()


def test_taken_port_names_way_out_and_starts_nothing(product: Product, tmp_path: Path) -> None:
    second = product.launch(data=tmp_path)
    shown, _ = second.communicate(timeout=30)
    assert f"PORT={product.port + 1} make run" in shown
    assert second.returncode == 2
    assert {path.name for path in tmp_path.iterdir()} == {"keys", "lock"}


@pytest.mark.parametrize("name", ["web", "worker", "database", "redis"])
def test_killed_child_is_started_again_and_said_so(product: Product, name: str) -> None:
    words = {"web": "gunicorn", "worker": "worker", "database": "postgres", "redis": "valkey"}[name]
    child = _child(product, words)
    child.kill()
    assert product.process.stdout
    assert product.process.stdout.readline() == f"{name} stopped (SIGKILL); starting it again.\n"
    _until(
        lambda: any(words in " ".join(c.cmdline()) for c in psutil.Process(product.process.pid).children())
    )
    _until(lambda: product.answers("/readyz"))


def test_kill_leaves_nothing_and_second_start_keeps_data(product: Product) -> None:
    with psycopg.connect(product.addresses()["owner"]) as owner:
        owner.execute("INSERT INTO django_session VALUES ('olha', '', now() + interval '1 day')")
    family = product.family()
    product.process.kill()
    product.wait()
    assert _nothing_left_of(family)

    product.start()
    with psycopg.connect(product.addresses()["owner"]) as owner:
        assert owner.execute("SELECT session_key FROM django_session").fetchall() == [("olha",)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_all_and_leaves_nothing(product: Product, number: signal.Signals) -> None:
    if product.process.poll() is not None:
        product.start()
    family = product.family()
    product.process.send_signal(number)
    assert product.wait(15) == 0
    assert _nothing_left_of(family, seconds=0)
    assert not (product.data / "servers.json").exists()


def test_unfinished_demonstration_is_cleared_away(product: Product) -> None:
    (product.data / "demonstration-own").write_text("loading")
    shown = product.start()
    assert "  The demonstration was not finished last time; it begins anew." in shown
    assert not (product.data / "demonstration-own").exists()
    with psycopg.connect(product.addresses()["owner"]) as owner:
        assert owner.execute("SELECT session_key FROM django_session").fetchall() == []
