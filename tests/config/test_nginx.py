"""The example of a server that speaks TLS in front of us, run as it is: only ports and certificate are others."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from config.launcher.processes import BASE_DIR
from tests.certificates import certificate
from tests.config.production import HOST, PRODUCTION
from tests.databases import Database

EXAMPLE = BASE_DIR / "docs/examples/nginx.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
WEAK = ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384")
SOUND = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], port: int, log: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=env, stdout=out, stderr=out)
    try:
        until(lambda: is_open(port), log)
        yield
    finally:
        process.terminate()
        process.wait(20)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Front:
    """nginx with the example, changed as `change` says, before the server on `behind`."""

    def __init__(self, folder: Path, behind: int) -> None:
        self.folder, self.plain, self.tls, self.behind = folder, free_port(), free_port(), behind
        certificate(folder, HOST)

    @contextmanager
    def running(self, change: Callable[[str], str] = str) -> Iterator[Front]:
        told = EXAMPLE.read_text()
        for before, after in (
            (r"listen \[::\]:\d+[^;]*;", ""),
            (r"listen 80\b", f"listen 127.0.0.1:{self.plain}"),
            (r"listen 443\b", f"listen 127.0.0.1:{self.tls}"),
            (r"/var/log/nginx/error\.log", "stderr"),
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{self.behind}"),
            (r"/etc/letsencrypt/live/lifeline\.example", str(self.folder)),
        ):
            told, times = re.subn(before, after, told)
            assert times, before
        conf = self.folder / "nginx.conf"
        frame = f"pid {self.folder}/pid; daemon off; error_log stderr; worker_processes 1; events {{}}\n"
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        conf.write_text(f"{frame}http {{ {temporary} {change(told)} }}")
        command = [NGINX or "", "-p", str(self.folder), "-e", "stderr", "-c", str(conf)]
        with running(command, self.tls, self.folder / "nginx.log"):
            yield self

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def shakes_hands(self, context: ssl.SSLContext, name: str = HOST) -> bool:
        with socket.create_connection(("127.0.0.1", self.tls), timeout=10) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=name):
                    return True
            except (ssl.SSLError, ConnectionError):
                return False

    def ask(self, path: str, *, tls: bool = True, method: str = "GET", **headers: str) -> Answer:
        line = socket.create_connection(("127.0.0.1", self.tls if tls else self.plain), timeout=20)
        talk = http.client.HTTPConnection(HOST)
        talk.sock = self.context().wrap_socket(line, server_hostname=HOST) if tls else line
        with closing(talk):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            talk.request(method, path, headers=named)
            told = talk.getresponse()
            return Answer(told.status, dict(told.getheaders()), told.read())


def of_version(front: Front, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a client that speaks this version alone, also where its own library would rather not."""
    context = front.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.minimum_version = version
    return context


def of_suite(front: Front, suite: str) -> ssl.SSLContext:
    context = of_version(front, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    return context


@pytest.fixture
def front(tmp_path: Path, committed_db: Database) -> Iterator[Front]:
    port = free_port()
    env = {**committed_db.environment(), **PRODUCTION, "WEB_CONCURRENCY": "1", "LIFELINE_SYSTEM": ""}
    command = f"-m gunicorn -c config/gunicorn.py --bind 127.0.0.1:{port} config.wsgi"
    with running([sys.executable, *command.split()], port, tmp_path / "web.log", env):
        yield Front(tmp_path, port)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_protocols_weak_suites_and_strange_names_are_refused(front: Front) -> None:
    with front.running():
        assert [front.shakes_hands(of_version(front, each)) for each in OLD] == [False, False]
        assert [each for each in WEAK if front.shakes_hands(of_suite(front, each))] == []
        assert [each for each in SOUND if not front.shakes_hands(of_suite(front, each))] == []
        assert front.shakes_hands(of_version(front, ssl.TLSVersion.TLSv1_3))
        strange = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        strange.check_hostname, strange.verify_mode = False, ssl.CERT_NONE
        assert not front.shakes_hands(strange, "elsewhere.example")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_asks_would_notice_a_server_that_takes_them(front: Front) -> None:
    def weakened(told: str) -> str:
        told = re.sub(r"ssl_protocols [^;]+;", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", told)
        return re.sub(r"ssl_ciphers [^;]+;", "ssl_ciphers ALL:@SECLEVEL=0;", told)

    with front.running(weakened):
        assert [front.shakes_hands(of_version(front, each)) for each in OLD] == [True, True]
        assert front.shakes_hands(of_suite(front, "ECDHE-ECDSA-AES128-SHA"))


def test_pages_go_through_with_our_own_headers_and_nothing_of_the_server(front: Front) -> None:
    with front.running():
        page = front.ask("/")
        assert (page.status, page.headers["Server"]) == (200, "nginx")
        assert page.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
        assert [front.ask(path).status for path in ("/metrics", "/readyz", "/livez")] == [404, 404, 200]
        assert front.ask("/", tls=False).headers["Location"] == f"https://{HOST}/"


def test_program_without_tls_is_refused_and_what_a_caller_forges_is_not_believed(front: Front) -> None:
    forged = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "127.0.0.1", "Forwarded": "proto=https"}
    with front.running():
        for method in ("GET", "POST"):
            refused = front.ask("/api/v1/parcels/", tls=False, method=method, **forged)
            assert (refused.status, b"/problems/https-only" in refused.body) == (403, True)
        assert front.ask("/", tls=False, **forged).status == 301
        assert front.ask("/api/v1/parcels/").status == 401
