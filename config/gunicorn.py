"""The web server: a few threads in each of a few processes, behind one listening socket."""

import gc
import os
import signal
import socket
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gunicorn.http.wsgi
import gunicorn.util
from gunicorn import glogging

from config.headers import HEADERS
from config.launcher.processes import tied_to

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# One import for all, and memory shared until it is written to.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
# A heartbeat written to disk would stall the worker on a busy disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# No access log: addresses of families are nobody's business.
accesslog = None
control_socket_disable = True


class Logger(glogging.Logger):  # type: ignore[misc]
    """Its messages quote what a stranger sent: they go the way of all others, see `config.logs`."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = Logger


_default_headers = gunicorn.http.wsgi.Response.default_headers


def _nameless(response: gunicorn.http.wsgi.Response) -> list[str]:
    """Say nothing of the program that answers."""
    return [line for line in _default_headers(response) if not line.startswith("Server:")]


gunicorn.http.wsgi.Response.default_headers = _nameless


def _refuse(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
    """Refuse what is no request at all. The stock answer repeats it, and says nothing to browsers."""
    told = {"Content-Type": "text/plain", "Content-Length": "0", "Connection": "close", **HEADERS}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    first = f"HTTP/1.1 {status_int} {HTTPStatus(status_int).phrase}"
    gunicorn.util.write_nonblock(sock, f"{first}\r\n{lines}\r\n".encode())


gunicorn.util.write_error = _refuse


def pre_fork(server: object, worker: object) -> None:
    """What is loaded by now stays: the collector need not go through it while families wait."""
    gc.freeze()


def post_fork(server: object, worker: object) -> None:
    """A worker would notice only within a second that its master is gone, and hold the port until then."""
    tied_to(os.getppid(), signal.SIGKILL)()
