"""A set-up that is not safe: a real process is started with each, says one line, and does nothing."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from config.launcher.processes import BASE_DIR
from config.secrets_check import faults_of, lines

NAMES = ("secret", "kek", "search", "code", "lookup")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    for name in NAMES:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return folder


def start(keys: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "LIFELINE_KEYS": str(keys), **environment}
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # the tests' own, for their browser
    words = command or ("manage.py", "check")
    return subprocess.run(
        [sys.executable, *words], cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=60
    )


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line that a process ended with."""
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert not done.stdout
    (line,) = done.stderr.strip().splitlines()
    return line.removeprefix("Lifeline does not start: ")


def test_sound_setup_starts(keys: Path) -> None:
    done = start(keys)
    assert (done.returncode, done.stderr) == (0, "")


def test_production_passes_djangos_own_check_without_a_warning(keys: Path) -> None:
    done = start(
        keys, "manage.py", "check", "--deploy", "--fail-level", "WARNING", HTTPS="1",
        ALLOWED_HOSTS="lifeline.example", PUBLIC_URL="https://lifeline.example", TRUSTED_PROXIES="1",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "System check identified no issues (0 silenced).\n"


SPOILT = {
    "short": ("secret", "a1b2c3d4", "secret is shorter than 32 bytes."),
    "short kek": ("kek", secrets.token_hex(15), "kek is shorter than 32 bytes."),
    "empty": ("lookup", "", "lookup is shorter than 32 bytes."),
    "default of Django": ("secret", f"django-insecure-{secrets.token_hex(32)}", "secret is a default"),
    "default of a template": ("search", f"CHANGEME{secrets.token_hex(32)}", "search is a default"),
    "one character": ("code", "a" * 64, "code is made of 1 different characters."),
}


@pytest.mark.parametrize(("name", "value", "line"), SPOILT.values(), ids=SPOILT)
def test_weak_secret_is_refused(keys: Path, name: str, value: str, line: str) -> None:
    (keys / name).write_text(value)
    said = refusal(start(keys))

    assert said.startswith(line)
    assert not value or value not in said
    assert (keys / name).read_text() == value


@pytest.mark.parametrize("pair", [("kek", "search"), ("code", "lookup"), ("secret", "kek")])
def test_shared_secret_is_refused(keys: Path, pair: tuple[str, str]) -> None:
    (keys / pair[1]).write_text((keys / pair[0]).read_text())

    assert refusal(start(keys)) == f"{pair[0]} and {pair[1]} are the same secret. Make each on its own."


def test_secret_of_the_environment_that_is_a_key_is_refused(keys: Path) -> None:
    said = refusal(start(keys, SECRET_KEY=(keys / "kek").read_text()))
    assert said.endswith("are the same secret. Make each on its own.")


def test_weak_fallback_is_refused(keys: Path) -> None:
    assert refusal(start(keys, SECRET_KEY_FALLBACKS="old")).startswith("SECRET_KEY_FALLBACKS[0] is shorter")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_secret_that_others_can_read_or_write_is_refused(keys: Path, mode: int) -> None:
    (keys / "kek").chmod(mode)
    assert refusal(start(keys)).startswith(f"{keys / 'kek'} can be read by others than its owner.")


def test_secret_file_of_the_environment_must_be_closed_too(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    path.write_text(secrets.token_hex(32))
    path.chmod(0o644)
    assert str(path) in refusal(start(keys, SECRET_KEY_FILE=str(path)))

    path.chmod(0o400)
    assert start(keys, SECRET_KEY_FILE=str(path)).returncode == 0


OPEN = {
    "debug": ({"DEBUG": "1"}, "DEBUG is on"),
    "debug of Django": ({"DJANGO_DEBUG": "true"}, "DJANGO_DEBUG is on"),
    "any host": ({"ALLOWED_HOSTS": "*", "HTTPS": "1"}, "ALLOWED_HOSTS is '*'."),
    "a host without TLS": ({"ALLOWED_HOSTS": "127.0.0.1,lifeline.example"}, "lifeline.example is allowed"),
    "an address without TLS": ({"ALLOWED_HOSTS": "10.0.0.4"}, "10.0.0.4 is allowed without HTTPS."),
    "slips that lead to http": ({"PUBLIC_URL": "http://lifeline.example"}, "PUBLIC_URL is http://"),
}


@pytest.mark.parametrize(("environment", "line"), OPEN.values(), ids=OPEN)
def test_openness_is_refused(keys: Path, environment: dict[str, str], line: str) -> None:
    assert refusal(start(keys, **environment)).startswith(line)


DATABASE, ELSEWHERE = "postgresql://lifeline_app:word@db.example/lifeline", {"HTTPS": "1"}
LINES = {
    "database": ({"DATABASE_URL": DATABASE}, "DATABASE_URL leads elsewhere"),
    "database that is not asked": ({"DATABASE_URL": f"{DATABASE}?sslmode=require"}, "DATABASE_URL leads"),
    "owner": ({"DATABASE_OWNER_URL": "postgresql://o:w@10.0.0.4/lifeline"}, "DATABASE_OWNER_URL leads"),
    "redis": ({"REDIS_URL": "redis://:word@redis.example:6379/0"}, "REDIS_URL leads elsewhere"),
    "redis that is not asked": ({"REDIS_URL": "rediss://r.example/0?ssl_cert_reqs=none"}, "REDIS_URL leads"),
    "audit": ({"AUDIT_SHIP": "syslog://log.example:514"}, "AUDIT_SHIP leads elsewhere"),
    "audit by datagrams": ({"AUDIT_SHIP": "syslog+udp://log.example:514"}, "AUDIT_SHIP leads elsewhere"),
}


@pytest.mark.parametrize(("environment", "line"), LINES.values(), ids=LINES)
def test_line_in_clear_to_another_machine_is_refused(
    keys: Path, environment: dict[str, str], line: str
) -> None:
    said = refusal(start(keys, **ELSEWHERE, **environment))
    assert said.startswith(line)
    assert "word" not in said


def test_line_that_is_encrypted_or_leaves_no_machine_is_taken() -> None:
    for address in (
        f"{DATABASE}?sslmode=verify-full", f"{DATABASE}?sslmode=verify-ca&sslrootcert=/ca.pem",
        "postgresql:///lifeline", "postgresql://app@%2Fvar%2Frun%2Fpostgresql/lifeline",
        "postgresql://app@/lifeline?host=/run/postgresql", "postgresql://app:word@[::1]:5432/lifeline",
        "rediss://:word@redis.example:6380/0", "redis://127.0.0.1:6379/0", "unix:/dev/log",
        "syslog+tls://log.example:6514", "/data/audit.jsonl", "",
    ):  # fmt: skip
        assert list(lines(True, {"DATABASE_URL": address}, {})) == [], address


def test_line_is_the_operators_where_it_is_said_to_be_private_or_https_is_off() -> None:
    assert list(lines(True, {"DATABASE_URL": DATABASE}, {"PRIVATE_LINE": "0"}))
    assert not list(lines(True, {"DATABASE_URL": DATABASE}, {"PRIVATE_LINE": "1"}))
    assert not list(lines(False, {"DATABASE_URL": DATABASE}, {}))


WAYS = {
    "web server": ("-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", "127.0.0.1:0", "config.wsgi"),
    "worker": ("-m", "celery", "-A", "config", "worker", "--pool", "solo"),
    "sweep": ("manage.py", "sweep", "--once"),
    "everything": ("manage.py", "up", "--no-demo"),
}


@pytest.mark.parametrize("command", WAYS.values(), ids=WAYS)
def test_no_process_starts_with_it(keys: Path, command: tuple[str, ...]) -> None:
    (keys / "lookup").write_text("short")
    done = start(keys, *command)

    assert done.returncode != 0
    assert "lookup is shorter than 32 bytes." in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_every_fault_is_told_without_the_secret() -> None:
    told = list(faults_of({"one": "short", "other": "short"}))
    assert len(told) == 3
    assert not [line for line in told if "short" in line.replace("shorter", "")]
