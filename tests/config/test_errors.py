"""What a reader is told when something goes wrong: a reference that the log has too, and not what it was."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from config.headers import HEADERS
from config.launcher.processes import BASE_DIR
from people.problems import MEDIA_TYPE
from tests.config.test_logs import CODE, NAME, Lines
from tests.config.test_logs import lines as lines
from tests.databases import Database

_SHOWN = re.compile(r'class="reference">([0-9A-HJKMNP-TV-Z]{8})<')
_FAULTS = {
    "400": SuspiciousOperation(NAME),
    "403": PermissionDenied(NAME),
    "404": Http404(NAME),
    "500": IntegrityError(f"Key (name)=({NAME}) already exists."),
    "503": OperationalError(f"terminating connection of {NAME}"),
}


def _fail(request: HttpRequest, status: str) -> HttpResponse:
    raise _FAULTS[status]


handler400, handler403 = "config.errors.bad_request", "config.errors.forbidden"
handler404, handler500 = "config.errors.not_found", "config.errors.server_error"
urlpatterns = [
    path("fail/<str:status>/", _fail),
    path("api/fail/<str:status>/", _fail),
    path("", include("config.urls")),
]


@pytest.fixture
def browser() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "ru", "uk"])
@pytest.mark.parametrize("status", _FAULTS)
def test_page_shows_the_reference_of_its_line(
    browser: Client, lines: list[dict[str, Any]], status: str, language: str
) -> None:
    answer = browser.get(f"/fail/{status}/", headers={"accept-language": language})
    page = answer.content.decode()

    assert (answer.status_code, f'<html lang="{language}">' in page) == (int(status), True)
    (shown,) = _SHOWN.findall(page)
    (line,) = lines
    assert (line["reference"], line["status"], line["route"]) == (shown, int(status), "fail/<str:status>/")
    assert NAME not in page + str(lines)


@pytest.mark.django_db
@pytest.mark.parametrize("status", _FAULTS)
def test_problem_tells_the_reference_of_its_line(
    browser: Client, lines: list[dict[str, Any]], status: str
) -> None:
    answer = browser.get(f"/api/fail/{status}/")
    told = answer.json()

    assert (answer.status_code, answer["Content-Type"]) == (int(status), MEDIA_TYPE)
    assert [line["reference"] for line in lines] == [told["reference"]]
    assert NAME not in str(told) + str(lines)


def _read_only() -> InternalError:
    error = InternalError()
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    return error


@pytest.mark.parametrize(
    "error", [OperationalError(), InterfaceError(), psycopg.OperationalError(), _read_only()]
)
def test_database_that_is_away_is_no_fault_of_ours(
    browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setitem(_FAULTS, "away", error)

    answer = browser.get("/api/fail/away/")

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer["Retry-After"] == "5"
    assert browser.get("/fail/away/").status_code == 503


@pytest.mark.django_db
def test_reference_is_another_for_each_request(browser: Client, lines: list[dict[str, Any]]) -> None:
    told = {browser.get("/api/v1/parcels/").json()["reference"] for _ in range(20)}

    assert len(told) == 20
    assert {line["reference"] for line in lines} == told


@pytest.mark.django_db
def test_page_names_no_setting_place_or_program(browser: Client) -> None:
    for status in _FAULTS:
        page = browser.get(f"/fail/{status}/").content.decode()
        for word in ("Traceback", "django", "site-packages", ".py", "settings", "psycopg", "IntegrityError"):
            assert word not in page


class Web:
    """The web server as it is started, on a port of its own."""

    def __init__(self, log: Path, on: Database) -> None:
        self.log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = f"-m gunicorn -c config/gunicorn.py --bind 127.0.0.1:{self.port} config.wsgi"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command.split()], cwd=BASE_DIR, stdout=out, stderr=out,
                env={**on.environment(), "WEB_CONCURRENCY": "1", "LIFELINE_SYSTEM": ""},
            )  # fmt: skip
        end = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return self.say(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").endswith(b"ok")
        except OSError:
            return False

    def say(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as talk:
            talk.sendall(request)
            talk.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: talk.recv(65536), b""))

    def stop(self) -> str:
        self.process.terminate()
        self.process.wait(20)
        return self.log.read_text()


@pytest.fixture(scope="module")
def web(served_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    found = Web(tmp_path_factory.mktemp("web") / "web.log", served_db)
    yield found
    found.stop()


_BIRD = NAME.split()[1].encode()
RAW: dict[str, tuple[bytes, int]] = {
    "no request": (_BIRD + b"\r\n\r\n", 400),
    "method in small letters": (b"get\x00/" + _BIRD + b" HTTP/1.1\r\n\r\n", 400),
    "version that never was": (b"GET /" + _BIRD + b" HTTP/7.9\r\n\r\n", 400),
    "header without a name": (b"GET / HTTP/1.1\r\n: " + _BIRD + b"\r\n\r\n", 400),
    "header with a line break in it": (b"GET / HTTP/1.1\r\nHost: x\r\n " + _BIRD + b"\r\n\r\n", 400),
    "line that does not end": (b"GET /" + _BIRD * 2000 + b" HTTP/1.1\r\n\r\n", 414),
    "headers without end": (
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (i, _BIRD) for i in range(300)) + b"\r\n", 431
    ),
    "two lengths": (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n" + _BIRD, 400
    ),
    "length and chunks": (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n" + _BIRD, 400
    ),
    "encoding nobody knows": (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: " + _BIRD + b"\r\n\r\n", 501
    ),
    "host of others": (b"GET / HTTP/1.1\r\nHost: " + _BIRD + b".example\r\n\r\n", 400),
    "no host": (b"GET /" + _BIRD + b" HTTP/1.0\r\nHost: @" + _BIRD + b"\r\n\r\n", 400),
    "address that is no text": (b"GET /%ff%fe" + _BIRD + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
    "NUL in the address": (b"GET /%00" + _BIRD + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404),
    "way out of the files": (
        b"GET /static/../../config/" + _BIRD + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404
    ),
    "NUL in the query": (b"GET /admin/?q=%00" + _BIRD + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
    "form that breaks off": (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n" + _BIRD, 403
    ),
    "form without a boundary": (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n"
        b"Content-Type: multipart/form-data\r\n\r\n" + _BIRD[:8], 403
    ),
    "charset nobody knows": (
        b"POST /oauth/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8\r\n"
        b"Content-Type: application/x-www-form-urlencoded; charset=" + _BIRD + b"\r\n\r\n" + _BIRD[:8], 401
    ),
    "cookie that is none": (
        b"GET /admin/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=" + _BIRD + b"\xff; csrf=;;\r\n\r\n", 302
    ),
    "cookie with a NUL in it": (
        b"GET /admin/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=\"a\\000" + _BIRD + b"\"\r\n\r\n", 302
    ),
    "method nobody knows": (b"KANARENKO / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 403),
    "trace": (b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + _BIRD + b"\r\n\r\n", 405),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), RAW.values(), ids=RAW)
def test_raw_request_is_refused_without_being_repeated(web: Web, request_: bytes, status: int) -> None:
    answer = web.say(request_)
    head, _, body = answer.partition(b"\r\n\r\n")

    assert head.split()[1] == b"%d" % status, answer
    for word in (_BIRD, b"Traceback", b"gunicorn", b"Python", b"\nServer:"):
        assert word not in body
        assert word not in head.split(b"\r\nLocation:")[0]
    for name in HEADERS:
        assert f"\n{name.lower()}:" in head.decode("latin1").lower(), name


def test_web_server_wrote_none_of_it(web: Web) -> None:
    for request_, _ in RAW.values():
        web.say(request_)
    web.say(b"GET /?code=" + CODE.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    written = web.log.read_text()

    assert _BIRD.decode() not in written
    assert CODE not in written
    # Whatever it wrote is a line of ours, and each answer of the application has a reference in it.
    told = [json.loads(line) for line in written.splitlines()]
    assert {line["status"] for line in told if "status" in line} >= {400, 403, 404, 405}
    assert all("reference" in line for line in told if "status" in line)


def test_the_handler_used_here_formats_as_the_product_does() -> None:
    assert Lines().formatter is not None


@pytest.mark.parametrize(
    ("path", "told"), [("/", b"Your browser sent something"), ("/api/v1/moves/", b"/problems/too-large")]
)
def test_body_that_is_too_large_is_refused_before_it_is_read(web: Web, path: str, told: bytes) -> None:
    """Only the head is sent: whoever waited for the rest would never answer."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16777217\r\nConnection: close\r\n\r\n"
    answer = web.say(head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert told in answer
