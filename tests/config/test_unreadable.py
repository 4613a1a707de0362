"""A worker that really runs is told what it cannot read, and goes on."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from faults.inflict import QUEUE, message_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def broker() -> Iterator["redis.Redis[bytes]"]:
    url = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/9"))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def worker(broker: "redis.Redis[bytes]", tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    url = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/9"))
    alone = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING", *alone],
            env={**os.environ, "REDIS_URL": url},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    yield process
    process.kill()
    process.wait()


def with_body(body: str) -> str:
    return json.dumps({**json.loads(message_for("no_such_kind")), "body": body})


def test_a_worker_survives_what_it_cannot_read(
    broker: "redis.Redis[bytes]", worker: "subprocess.Popen[bytes]"
) -> None:
    bodies = ("%%%", *(base64.b64encode(text).decode() for text in (b"", b"5", b"{}", b"[[]]", b"null")))
    for body in bodies:
        broker.lpush(QUEUE, with_body(body))
    for item in ("", "no JSON", "5", "null", "[]", "{}", b"\xff\xfe"):
        broker.lpush(QUEUE, item)
    broker.lpush(QUEUE, message_for("no_such_kind", task="parcels.gone"))
    until = time.monotonic() + 60
    while (broker.llen(QUEUE) or broker.hlen("unacked")) and time.monotonic() < until:
        time.sleep(0.1)
    assert (broker.llen(QUEUE), broker.hlen("unacked")) == (0, 0)
    time.sleep(0.5)
    assert worker.poll() is None
