"""Look-up: POST /api/v1/track/ on the product's own server, an empty view there, and a plain view of DRF."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Final

from django.conf import settings
from django.db import connection

from config.bench import arena, rows
from config.bench.figures import Different, Figures, Ratio, Wishes, spread
from config.bench.load import Answers
from config.database import Addresses
from config.launcher import programs
from config.launcher.processes import Crew
from config.scratch import Database

OURS, EMPTY, PLAIN = "POST /api/v1/track/", "an empty view", "a plain DRF view"
PATHS: Final = {OURS: "/api/v1/track/", EMPTY: "/bench/empty/", PLAIN: "/bench/plain/"}
RATIOS: Final = (Ratio("vs_empty", OURS, EMPTY, 0.15), Ratio("vs_drf", OURS, PLAIN, 2.5))
SECONDS: Final = 5
CONNECTIONS: Final = 16
# Asked for at random: more than fit into any small cache, few enough to hand to the client.
MOST_CODES: Final = 20_000
_COMPARED: Final = 5


def run(wishes: Wishes) -> Figures:
    """:raises Different: when the plain view answers otherwise, or a request is not answered well"""
    figures = Figures("lookup", wishes.n, "requests", RATIOS)
    with arena.template() as database:
        rows.fill(wishes.n, rows.TO_HANDED_OVER, rows.world())
        arena.tidy()
        connection.close()
        step = max(1, wishes.n // MOST_CODES)
        bodies = [
            json.dumps({"receipt_code": rows.receipt_code(place)}) for place in range(1, wishes.n + 1, step)
        ]
        with _serving(database, wishes) as port:
            _compare(port, bodies[:_COMPARED])
            measured = [(variant, _ask(port, variant, bodies)) for variant in [*PATHS] * wishes.repeats]
    for variant, answers in measured:
        figures.add(variant, answers.rate)
    _note(figures, measured)
    return figures


def _note(figures: Figures, measured: list[tuple[str, Answers]]) -> None:
    figures.more["p99_ms"] = p99_ms = {
        variant: [round(ms, 1) for ms in spread([each.p99_ms for name, each in measured if name == variant])]
        for variant in PATHS
    }
    for variant, milliseconds in p99_ms.items():
        least, middle, most = milliseconds
        figures.notes.append(f"p99 of {variant}: {middle} ms ({least} to {most})")
    busy = max(answers.busy for _, answers in measured)
    figures.notes.append(
        f"{CONNECTIONS} kept connections, {SECONDS} s a run; the client was busy {busy:.0%} of it at most"
    )


@contextmanager
def _serving(database: Database, wishes: Wishes) -> Iterator[int]:
    """Run the product's web server as `up` does, and yield its port."""
    crew = Crew()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port: int = listener.getsockname()[1]
        addresses = Addresses(database.url, database.owner_url, settings.REDIS_URL)
        environment = programs.Environment(addresses, wishes.folder, port, has_roles=True)
        web, *_ = programs.lasting(environment, listener.fileno())
        try:
            child = crew.start(web)
            crew.wait_for(child, lambda: _get(port, "/livez") == 200, seconds=60)
            yield port
        finally:
            crew.stop()


def _ask(port: int, variant: str, bodies: list[str]) -> Answers:
    command = [sys.executable, "-m", "config.bench.load", str(port), PATHS[variant]]
    done = subprocess.run(  # noqa: S603
        [*command, str(SECONDS), str(CONNECTIONS)],
        input="\n".join(bodies),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    answers = Answers(**json.loads(done.stdout))
    if set(answers.statuses) != {"200"}:
        raise Different(f"{variant} was answered {answers.statuses}.")
    return answers


def _compare(port: int, bodies: list[str]) -> None:
    for body in bodies:
        if _post(port, PATHS[OURS], body) != _post(port, PATHS[PLAIN], body):
            raise Different(f"{PLAIN} answers otherwise than {OURS}.")


def _get(port: int, path: str) -> int:
    web = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        web.request("GET", path)
        return web.getresponse().status
    except OSError:
        return 0
    finally:
        web.close()


def _post(port: int, path: str, body: str) -> Any:
    web = HTTPConnection("127.0.0.1", port, timeout=10)
    web.request("POST", path, body, {"Content-Type": "application/json"})
    answer = json.loads(web.getresponse().read())
    web.close()
    return answer
