"""What partners are told of webhooks: the example receiver runs, and the printed one verifies."""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.launcher.processes import BASE_DIR
from people.relay import secrets, sending
from people.relay.addresses import parsed
from people.relay.schedule import AFTER_S
from people.relay.secrets import Pair
from people.relay.sending import Limits

PAGE = (BASE_DIR / "docs" / "partners.md").read_text()
PAIR = Pair(b"example secret of the guide 32 b", b"example seed of the guide, 32 by")
BODY = (
    '{"data":{"number":"PZ473124829ZZ","status":"accepted"},"id":"msg_8ksn2m4vqg0hz3tc",'
    '"timestamp":"2026-11-26T12:00:00.000000Z","type":"parcel.moved"}'
)


def test_printed_example_is_signed_as_it_says() -> None:
    at = datetime.fromtimestamp(1795694400, UTC)
    assert at == datetime(2026, 11, 26, 12, tzinfo=UTC)

    for name, value in secrets.headers([PAIR], "msg_8ksn2m4vqg0hz3tc", BODY, at).items():
        assert f"{name}: {value}\n" in PAGE
    assert BODY in PAGE


def test_printed_waits_are_those_of_the_schedule() -> None:
    (printed,) = re.findall(r"It is tried again after\n(.*?), some 76 hours", PAGE, re.DOTALL)
    units = {"s": 1, "min": 60, "h": 3600}
    waits = [int(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", printed)]
    assert tuple(waits) == AFTER_S


def test_example_receiver_verifies_drops_repeats_and_refuses_forgeries(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    out = tmp_path / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "docs/examples/receive_webhook.py", str(port)],
            cwd=BASE_DIR, env=os.environ | {"LIFELINE_SECRET": PAIR.secret_text}, stdout=file,
        )  # fmt: skip
    try:
        wait_for(port)
        now = datetime.now(UTC)
        genuine = secrets.headers([Pair(bytes(32), bytes(32)), PAIR], "msg_1", BODY, now)
        forged = secrets.headers([Pair(bytes(32), bytes(32))], "msg_2", BODY, now)
        reasons = [send(port, each) for each in (genuine, forged, genuine)]
    finally:
        process.kill()
        process.wait()

    assert reasons == ["status 204", "status 401", "status 204"]
    assert out.read_text() == "parcel.moved {'number': 'PZ473124829ZZ', 'status': 'accepted'}\n"


def send(port: int, headers: dict[str, str]) -> str:
    url = f"http://127.0.0.1:{port}/lifeline"
    return sending.post(parsed(url, [f"http://127.0.0.1:{port}"]), BODY, headers, Limits()).reason


def wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("the receiver did not start")
