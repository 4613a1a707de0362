"""The bench's own tools, and that each bench runs and counts what it should. Its rates are nobody's test."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.bench import load, rows
from config.bench.figures import Figures, Ratio
from config.management.commands.bench import missing_packages
from parcels import tracking
from parcels.models import Parcel


def figures(**rates: list[float]) -> Figures:
    ratios = (Ratio("vs_usual", "ours", "usual", 50), Ratio("vs_best", "ours", "best", None))
    return Figures("advance", 1_000, "parcels", ratios, dict(rates))


def test_last_line_is_the_contracts() -> None:
    found = figures(ours=[9_000, 10_005, 8_000], usual=[100, 150, 100], best=[20_000, 20_000, 20_000])
    found.more["p99_ms"] = 4.5

    assert json.loads(found.last_line()) == {
        "bench": "advance",
        "n": 1_000,
        "rates": {
            "ours": [8_000, 9_000, 10_000],
            "usual": [100, 100, 150],
            "best": [20_000, 20_000, 20_000],
        },
        # Of each run its own ratio, and of those the middle one: 90, 66.7, 80.
        "ratios": {"vs_usual": 80, "vs_best": 0.45},
        "p99_ms": 4.5,
    }


@pytest.mark.parametrize(("ours", "said"), [(50.0, "met"), (49.9, "MISSED")])
def test_table_says_whether_a_goal_is_met(ours: float, said: str) -> None:
    assert list(figures(ours=[ours], usual=[1], best=[100]).table()) == [
        "advance, n = 1,000: parcels a second, of 1 interleaved runs",
        "                                         least    median      most",
        f"  ours                              {ours:>10.3g}{ours:>10.3g}{ours:>10.3g}",
        "  usual                                      1         1         1",
        "  best                                     100       100       100",
        f"  vs_usual                          {ours:>10.3g}   at least 50: {said}",
        f"  vs_best                           {ours / 100:>10.3g}",
    ]


def test_missing_packages_are_named_as_one_installs_them() -> None:
    assert missing_packages({"django": "Django", "no_such_module": "no-such-package"}) == ["no-such-package"]


@pytest.mark.parametrize("arguments", [["--parcels", "0"], ["--parcels", "500001"], ["--repeats", "0"]])
def test_bench_refuses_what_cannot_be_measured(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("bench", "advance", *arguments)
    assert refused.value.returncode == 2


def test_filled_parcels_are_as_the_product_makes_them(db: None) -> None:
    """The database accepts them when its deferred checks are made, and a family reads them by their code."""
    rows.fill(30, rows.TO_HANDED_OVER, rows.world())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    track = tracking.track(rows.receipt_code(30), now=rows.BEGAN.replace(month=12))

    assert track is not None
    assert (track.parcel_id, [entry.status for entry in track.timeline]) == (
        30,
        ["registered", "taken_in", "checked", "on_the_way", "with_holding_side"],
    )
    parcels = Parcel.objects.filter(status="handed_over", last_number=6)
    assert {(each.movements.count(), each.publications.count(), each.lines.count()) for each in parcels} == {
        (6, 6, 6)
    }
    assert parcels.count() == 30


class Answering(BaseHTTPRequestHandler):
    """Answers what it was sent, and now and then closes the connection, as a server may."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    answered = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Answering.answered += 1
        self.close_connection = Answering.answered % 50 == 0
        self.send_response(404 if body == b"wrong" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """The client leaves when its time is over, whatever is under way."""


@pytest.fixture
def port() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_load_counts_answers_by_status_and_outlives_closed_connections(port: int) -> None:
    requests = [load.request("/", body) for body in ("right", "right", "wrong")]

    found = load.ask(port, requests, seconds=0.5, connections=3)

    assert {*found.statuses} == {"200", "404"}
    assert sum(found.statuses.values()) == found.rate * 0.5 > 50
    assert 0 < found.p50_ms <= found.p99_ms
    # More than the share of one core: here the server works in the same process.
    assert found.busy > 0
