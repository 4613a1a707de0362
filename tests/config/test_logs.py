"""What the log holds of what went wrong: its kind, its place and a reference. A name is sent through every way."""

import ast
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog
from celery import Celery
from django.conf import settings
from django.db import DatabaseError, transaction

from config.launcher.postgres import Postgres
from config.launcher.processes import BASE_DIR, Crew
from config.logs import FIELDS
from people import incidents
from people.models import Party
from tests.config.production import run

NAME = "Ostap Kanarenko"
CODE = "ZF9D-VX7D-RBDT-A2S1-WPG7-WG0A"


class Lines(logging.Handler):
    """Keeps each line as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        (real,) = (each for each in logging.getLogger().handlers if each.get_name() == "stderr")
        self.setFormatter(real.formatter)
        self.kept: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler.kept
    logging.getLogger().removeHandler(handler)


def test_event_of_ours_keeps_the_listed_fields_alone(lines: list[dict[str, Any]]) -> None:
    reference = incidents.begin()
    structlog.get_logger("parcels").warning("bell_not_heard", kind="screen", name=NAME, phone="+380000")

    (line,) = lines
    assert (line["event"], line["kind"], line["reference"]) == ("bell_not_heard", "screen", reference)
    assert line["left_out"] == ["name", "phone"]
    assert NAME not in str(line)


def test_database_that_quotes_a_row_is_not_quoted(lines: list[dict[str, Any]], db: None) -> None:
    Party.objects.create(code=NAME, name_en=NAME, name_ru=NAME, name_uk=NAME)
    with pytest.raises(DatabaseError, match=NAME) as raised, transaction.atomic():
        Party.objects.create(code=NAME, name_en=NAME, name_ru=NAME, name_uk=NAME)
    told = raised.value
    structlog.get_logger("parcels").error("batch_failed", exc_info=told)
    logging.getLogger("parcels").error("Could not write %s", NAME, exc_info=told)
    logging.getLogger("parcels").error(str(told), exc_info=told)

    assert [line["event"] for line in lines] == [
        "batch_failed", "Could not write %s", "(a message of another program)"
    ]  # fmt: skip
    assert NAME not in str(lines)
    for line in lines:
        assert line["error"] == "django.db.utils.IntegrityError from psycopg.errors.UniqueViolation"
        assert any("tests/config/test_logs.py" in place for place in line["where"])


@pytest.mark.parametrize(
    "path",
    [
        f"/{NAME}/", f"/?q={NAME}", f"/{CODE}/", f"/api/v1/people/{NAME}/", f"/calendar/{NAME}.ics",
        f"/admin/people/person/?q={NAME}", f"/sign-in/{NAME}/", f"/static/{NAME}.css",
    ],
)  # fmt: skip
def test_address_stands_in_no_line(lines: list[dict[str, Any]], client: Any, db: None, path: str) -> None:
    answer = client.get(path)
    client.post(path, {"receipt_code": CODE, "name": NAME})
    client.get(path, HTTP_HOST=f"{NAME.split()[1]}.example")

    assert lines
    assert answer.status_code in (200, 302, 401, 404)
    for word in (*NAME.split(), "%20", CODE, CODE.split("-")[0]):
        assert word not in str(lines)
    assert {line["status"] for line in lines} <= {400, 401, 403, 404, 405}


def test_line_of_an_answer_tells_its_pattern(lines: list[dict[str, Any]], client: Any, db: None) -> None:
    client.get("/api/v1/people/ABC/")

    (line,) = lines
    assert line["route"] == "api/v1/people/<str:reference>/"
    assert (line["event"], line["status"], line["method"]) == ("Unauthorized", 401, "GET")


def test_warning_of_a_library_is_not_quoted(lines: list[dict[str, Any]]) -> None:
    code = f"import config.settings, warnings; warnings.warn({NAME!r})"
    found = run(code)

    (line,) = [json.loads(each) for each in found.stderr.splitlines()]
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")
    assert NAME not in found.stderr


@pytest.mark.parametrize(
    "code",
    [
        f"raise ValueError({NAME!r})",
        f"import threading; threading.Thread(target=lambda: 1 / len({NAME!r}[:0])).start()",
        f"{{}}[{NAME!r}]",
    ],
)
def test_what_ends_a_process_or_a_thread_is_not_quoted(code: str) -> None:
    found = run(f"import config.settings\n{code}")

    (line,) = [json.loads(each) for each in found.stderr.splitlines()]
    assert line["event"] == "ended_by_error"
    assert line["error"].startswith("builtins.")
    assert NAME not in found.stdout + found.stderr


def test_worker_is_sent_names_and_writes_none(tmp_path: Path) -> None:
    """Tasks nobody knows, with arguments nobody should send, and one that fails on its argument."""
    # A numbered database of its own: nobody else reads there.
    broker = f"{settings.REDIS_URL.removesuffix(urlsplit(settings.REDIS_URL).path)}/9"
    sender = Celery("stranger", broker=broker, set_as_current=False)
    sender.send_task(f"no.such.{NAME.split()[1]}", args=[NAME], kwargs={"name": NAME})
    sender.send_task("parcels.tick", args=[NAME])
    sender.send_task("parcels.drain", kwargs={"name": NAME})
    log = tmp_path / "worker.log"
    command = "-m celery -A config worker --pool solo --loglevel INFO --without-gossip --without-mingle"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, *command.split()], cwd=BASE_DIR, stdout=out, stderr=out,
            env={**os.environ, "REDIS_URL": broker},
        )  # fmt: skip
        try:
            _until(lambda: log.read_text().count('"error"') >= 3)
        finally:
            worker.kill()
            worker.wait()

    written = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    failed = [line for line in written if "error" in line]
    assert {line.get("task") for line in failed} >= {"parcels.tick", "parcels.drain"}
    assert NAME.split()[1] not in log.read_text()


def _until(holds: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_database_server_of_ours_writes_no_message_of_an_error(tmp_path: Path) -> None:
    """It quotes what it could not read as a number, and the row that a constraint refuses."""
    data = Path(tempfile.mkdtemp(prefix="lifeline-logs-"))
    data.chmod(0o755)
    postgres = Postgres(data, tmp_path / "database.log", durable=False)
    crew = Crew()
    try:
        postgres.prepare()
        crew.wait_for(crew.start(postgres.program()), postgres.is_ready, seconds=60)
        with psycopg.connect(host=str(postgres.socket), user="postgres", autocommit=True) as server:
            for statement in (f"SELECT '{NAME}'::int", f"SELECT '{NAME}'::date", f'SELECT "{NAME}"'):
                with pytest.raises(psycopg.Error, match=NAME):
                    server.execute(statement)
            server.execute(f"DO $$ BEGIN RAISE WARNING '{NAME}'; END $$")
    finally:
        crew.stop()
        postgres.clean_up()
        shutil.rmtree(data)

    written = (tmp_path / "database.log").read_text()
    assert "ready to accept connections" in written
    assert NAME not in written


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("config", "people", "exchanges", "parcels"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            names = {
                target.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and "get_logger" in ast.unparse(node.value)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    of = ast.unparse(node.func.value)
                    if of in names or "get_logger(" in of:
                        yield f"{path.relative_to(BASE_DIR)}:{node.lineno}", node


def test_every_line_of_ours_is_written_with_listed_fields_and_a_constant_event() -> None:
    calls = list(_calls())
    assert len(calls) >= 4
    for place, call in calls:
        (event,) = call.args
        assert isinstance(event, ast.Constant), place
        assert {keyword.arg for keyword in call.keywords} <= FIELDS | {"exc_info"}, place


def test_nothing_of_ours_prints_or_logs_another_way() -> None:
    for folder in ("config", "people", "exchanges", "parcels"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            if path.name in ("logs.py", "gunicorn.py"):
                continue
            assert "logging.getLogger" not in path.read_text(), path
