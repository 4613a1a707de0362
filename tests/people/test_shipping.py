"""The audit elsewhere: in the order of the tree, again after a failure, and readable as what it was."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from config import database
from people import sealing, shipping, targets
from people.acts import Act
from people.audit import By, record
from people.audit_tree import AUDIT
from people.models import AuditEntry, AuditShipment
from tests.databases import Database

WORKER = "lifeline_worker"


@pytest.fixture
def file(committed_db: Database, settings: Settings, tmp_path: Path) -> Path:
    database.use(committed_db.url, role=WORKER)
    settings.AUDIT_SHIP = str(tmp_path / "elsewhere" / "audit.jsonl")
    return Path(settings.AUDIT_SHIP)


def write(many: int) -> None:
    record(By.WORKER, Act.PURGED, "run", range(many))
    sealing.seal(AUDIT)


def ship_all() -> int:
    shipped = 0
    while now := shipping.ship():
        shipped += now
    return shipped


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def places(file: Path) -> list[int]:
    return [each["index"] for each in lines(file) if "index" in each]


def test_entries_and_heads_go_once_and_in_order(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "MOST", 4)
    write(6)
    assert ship_all() == 7
    write(5)
    assert ship_all() == 6
    assert ship_all() == 0

    assert places(file) == list(range(11))
    assert [each["head"]["size"] for each in lines(file) if "head" in each] == [6, 11]
    assert file.stat().st_mode & 0o777 == 0o600
    assert len({each["log"] for each in lines(file)}) == 1
    entry = AuditEntry.objects.earliest("pk")
    assert {key: lines(file)[0]["entry"][key] for key in ("id", "act", "by", "subject")} == {
        "id": entry.pk, "act": "purged", "by": "worker", "subject": 0,
    }  # fmt: skip


def test_what_did_not_arrive_goes_again(file: Path, settings: Settings) -> None:
    write(3)
    file.parent.write_text("in the way")
    assert shipping.ship() == 0
    assert shipping.lag()[0] == 3
    file.parent.unlink()

    assert ship_all() == 4
    assert (places(file), shipping.lag()) == ([0, 1, 2], (0, 0.0))


def test_one_relay_at_a_time_and_a_lost_lease_is_taken_over(file: Path) -> None:
    write(3)
    name = shipping._name()
    mine = shipping._take(name)
    assert mine is not None
    assert (shipping._take(name), shipping.ship()) == (None, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_auditshipment SET lease_until = clock_timestamp() - interval '1 second'"
        )

    assert ship_all() == 4
    shipping._give_back(name, mine, 1, 0)
    assert AuditShipment.objects.get().leaves == 3


def test_nothing_is_shipped_where_nothing_is_set(file: Path, settings: Settings) -> None:
    write(1)
    settings.AUDIT_SHIP = ""
    assert (shipping.ship(), shipping.lag(), file.exists()) == (0, (0, 0.0), False)


def test_file_that_is_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.symlink_to(tmp_path / "other")
    write(1)
    assert (shipping.ship(), (tmp_path / "other").exists()) == (0, False)


# To log servers.


class Received(socketserver.BaseRequestHandler):
    got: list[bytes]

    def handle(self) -> None:
        if isinstance(self.request, tuple):
            self.server.got.append(self.request[0])  # type: ignore[attr-defined]
            return
        while data := self.request.recv(65536):
            self.server.got.append(data)  # type: ignore[attr-defined]


def listening(kind: type[socketserver.BaseServer], address: Any) -> Iterator[Any]:
    with kind(address, Received) as server:
        server.got = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def tcp() -> Iterator[Any]:
    yield from listening(socketserver.ThreadingTCPServer, ("127.0.0.1", 0))


@pytest.fixture
def udp() -> Iterator[Any]:
    yield from listening(socketserver.UDPServer, ("127.0.0.1", 0))


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[Any]:
    yield from listening(socketserver.UnixDatagramServer, str(tmp_path / "log"))


def arrived(server: Any, many: int) -> bytes:
    deadline = threading.Event()
    for _ in range(100):
        whole = b"".join(server.got)
        if whole.count(b"lifeline") >= many:
            return whole
        deadline.wait(0.05)
    raise AssertionError(server.got)


def test_syslog_by_tcp_counts_its_octets(tcp: Any) -> None:
    with targets.opened(f"syslog://127.0.0.1:{tcp.server_address[1]}") as target:
        target.write(['{"index":0}', '{"index":1}'])
    whole = arrived(tcp, 2)
    told = []
    while whole:
        length, _, rest = whole.partition(b" ")
        told.append(rest[: int(length)])
        whole = rest[int(length) :]
    assert [each.rpartition(b"\xef\xbb\xbf")[2] for each in told] == [b'{"index":0}', b'{"index":1}']


def test_syslog_by_udp_and_a_local_socket_is_a_datagram_each(udp: Any, unix: Any) -> None:
    for server, address in (
        (udp, f"syslog+udp://127.0.0.1:{udp.server_address[1]}"), (unix, f"unix:{unix.server_address}"),
    ):  # fmt: skip
        with targets.opened(address) as target:
            target.write(["one", "two"])
        arrived(server, 2)
        assert [each.rpartition(b"\xef\xbb\xbf")[2] for each in server.got] == [b"one", b"two"]


def test_message_has_the_form_of_rfc_5424() -> None:
    """Its header as in section 6, by the grammar; the time as in its example 6.2.3.1."""
    message = targets.syslog_message("{}", datetime(2003, 10, 11, 22, 14, 15, 3000, UTC)).decode()
    priority, time, host, app, process, kind, rest = message.split(" ", 6)
    assert (priority, time, host, app, kind) == (
        "<110>1", "2003-10-11T22:14:15.003000Z", socket.gethostname(), "lifeline", "audit",
    )  # fmt: skip
    assert (process.isdigit(), rest) == (True, "- \ufeff{}")


def test_unknown_target_is_refused_and_shipping_says_so(file: Path, settings: Settings) -> None:
    write(1)
    settings.AUDIT_SHIP = "https://example.org/"
    assert (shipping.ship(), shipping.lag()[0]) == (0, 1)
    with pytest.raises(targets.UnknownTarget), targets.opened("https://example.org/"):
        pass
