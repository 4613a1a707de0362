"""The web server: a few threads in each of a few processes, behind one listening socket."""

import gc
import os
import signal
from pathlib import Path

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


def pre_fork(server: object, worker: object) -> None:
    """What is loaded by now stays: the collector need not go through it while families wait."""
    gc.freeze()


def post_fork(server: object, worker: object) -> None:
    """A worker would notice only within a second that its master is gone, and hold the port until then."""
    tied_to(os.getppid(), signal.SIGKILL)()
