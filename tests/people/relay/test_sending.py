"""One POST: real receivers with bad manners, and names that lead to where nothing may go."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from people.relay import sending
from people.relay.addresses import Target, Unfit, parsed
from people.relay.schedule import Outcome
from people.relay.sending import Limits
from tests.certificates import certificate
from tests.people.relay.test_addresses import PRIVATE
from tests.receivers import listening, receiving

SHORT = Limits(connect_s=0.5, total_s=0.6)
Resolve = Callable[..., list[Any]]


def to(url: str) -> Target:
    return parsed(url, [url.rpartition("/")[0]])


def post(url: str, limits: Limits = SHORT) -> Outcome:
    return sending.post(to(url), '{"a":1}', {"webhook-id": "msg_1"}, limits)


def on_port(port: int) -> str:
    return f"http://127.0.0.1:{port}/hook"


def test_post_sends_the_body_and_the_headers_once() -> None:
    with receiving() as receiver:
        assert post(receiver.url) == Outcome("status 204", delivered=True)

    (got,) = receiver.got
    assert got.body == '{"a":1}'
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == receiver.origin.removeprefix("http://")
    assert got.id == "msg_1"


def test_redirect_is_not_followed() -> None:
    with listening() as (port, connected), receiving(302, Location=on_port(port)) as receiver:
        assert post(receiver.url).reason == "status 302"
        time.sleep(0.1)

    assert connected == []


@pytest.mark.parametrize("pause_s", [0.8, 30])
def test_silent_receiver_is_waited_for_no_longer_than_the_limit(pause_s: float) -> None:
    with listening(lambda taken: time.sleep(pause_s)) as (port, _):
        began = time.monotonic()
        assert post(on_port(port)) == Outcome("timeout")

    assert 0.5 < time.monotonic() - began < 1.2


def test_receiver_that_sends_a_byte_at_a_time_is_given_the_same_time() -> None:
    def drip(taken: socket.socket) -> None:
        for byte in b"HTTP/1.1 204 No Content\r\n" + b"X: " + b"y" * 1000:
            taken.sendall(bytes([byte]))
            time.sleep(0.05)

    with listening(drip) as (port, _):
        began = time.monotonic()
        assert post(on_port(port)) == Outcome("timeout")

    assert time.monotonic() - began < 1.2


def test_huge_answer_is_not_read() -> None:
    sent: list[int] = []

    def flood(taken: socket.socket) -> None:
        taken.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):
            sent.extend(taken.send(bytes(1_048_576)) for _ in range(2_000))

    with listening(flood) as (port, _):
        assert post(on_port(port), Limits(total_s=5)).delivered
        time.sleep(0.2)

    assert sum(sent) < 50_000_000


def test_headers_without_end_are_too_large() -> None:
    def flood(taken: socket.socket) -> None:
        taken.sendall(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            while True:
                taken.sendall(b"X: " + b"y" * 60_000 + b"\r\n")

    with listening(flood) as (port, _):
        assert post(on_port(port), Limits(total_s=5)) == Outcome("answer too large")


def test_what_is_no_http_is_no_answer() -> None:
    with listening(lambda taken: taken.sendall(b"220 mail.partner.example\r\n")) as (port, _):
        assert post(on_port(port), Limits(total_s=2)).reason in ("no answer of HTTP", "connection failed")


def test_dead_receiver_is_a_failed_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert post(on_port(port)) == Outcome("connection failed")


def test_tls_without_a_certificate_that_is_trusted_is_refused() -> None:
    with listening(lambda taken: taken.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, connected):
        url = f"https://127.0.0.1:{port}/hook"
        assert post(url, Limits(total_s=2)) == Outcome("tls")

    assert len(connected) == 1


@pytest.mark.parametrize(
    ("named", "outcome"),
    [("localhost", Outcome("status 204", delivered=True)), ("other.example", Outcome("tls"))],
)
def test_certificate_that_is_trusted_must_also_be_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, outcome: Outcome
) -> None:
    certificate(tmp_path, named)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "fullchain.pem"))
    sending._tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    sent = []

    def answer(taken: socket.socket) -> None:
        with context.wrap_socket(taken, server_side=True) as secured:
            sent.append(secured.recv(4096) + secured.recv(4096))  # head and body
            secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with listening(answer) as (port, _):
        assert post(f"https://localhost:{port}/hook", Limits(total_s=5)) == outcome
    sending._tls.cache_clear()

    assert [text[:10] for text in sent] == [b"POST /hook"] * outcome.delivered


def test_no_way_of_naming_a_private_address_makes_a_connection() -> None:
    """Each as it is, and with the port of a listener here, also as a name that leads there."""
    with listening() as (port, connected):
        for address in PRIVATE:
            for tried in (address, address.replace("https://", "http://", 1)):
                with suppress(Unfit):
                    sending.post(parsed(tried), "{}", {}, SHORT)
            host = address.split("//", 1)[1].split("/")[0]
            # Past the reading of the address: what the connection itself would do.
            with suppress(UnicodeError):
                sending.post(Target("http", host.strip("[]"), port, "/", excepted=False), "{}", {}, SHORT)
        time.sleep(0.1)

    assert len(PRIVATE) >= 40
    assert connected == []


@pytest.mark.parametrize(
    "answers",
    [
        [["127.0.0.1"]],
        [["93.184.216.34", "127.0.0.1"]],
        [["127.0.0.1", "93.184.216.34"]],
        [["::ffff:127.0.0.1"]],
        [["::1"]],
        [["10.0.0.1"]],
    ],
)
def test_name_that_leads_to_a_private_address_makes_no_connection(
    answers: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even to the public one it has beside it."""
    with listening() as (port, connected):
        asked = resolver(answers, monkeypatch)
        target = parsed("https://hooks.partner.example/")._replace(port=port)
        assert sending.post(target, "{}", {}, SHORT) == Outcome("address not public")
        time.sleep(0.1)

    assert connected == []
    assert asked == ["hooks.partner.example"]


def test_name_that_is_bound_anew_after_it_was_checked_makes_no_connection_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the first answer is public, every later one is here. Only the first is ever used."""
    # No packet leaves: as it connects, the socket says where to, and that nobody is there.
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError

    with listening() as (port, connected):
        asked = resolver([["93.184.216.34"], ["127.0.0.1"]], monkeypatch)
        monkeypatch.setattr(socket.socket, "connect", connect, raising=False)
        target = parsed("https://hooks.partner.example/")._replace(port=port)
        assert sending.post(target, "{}", {}, SHORT) == Outcome("connection failed")
        time.sleep(0.1)

    assert (asked, tried, connected) == (["hooks.partner.example"], ["93.184.216.34"], [])


def test_connection_that_ends_up_at_a_private_address_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation on the way: what was connected to is looked at again before anything is said."""
    heard: list[bytes] = []
    real = socket.socket.connect
    with listening(lambda taken: heard.append(taken.recv(10))) as (port, _):
        resolver([["93.184.216.34"]], monkeypatch)
        monkeypatch.setattr(
            socket.socket, "connect", lambda self, address: real(self, ("127.0.0.1", port)), raising=False
        )
        target = parsed("https://hooks.partner.example/")
        assert sending.post(target, "{}", {}, SHORT) == Outcome("address not public")
        time.sleep(0.1)

    assert heard in ([], [b""])


def test_resolver_that_does_not_answer_is_waited_for_no_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def never(*args: object, **kwargs: object) -> list[Any]:
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    began = time.monotonic()
    assert sending.post(parsed("https://hooks.partner.example/"), "{}", {}, SHORT) == Outcome("timeout")
    assert time.monotonic() - began < 1.2
    over.set()


def resolver(answers: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have names looked up in `answers`, one after the other, the last from then on; return what was asked."""
    asked: list[str] = []

    def found(host: str, port: int, **kwargs: object) -> list[Any]:
        asked.append(host)
        now = answers[min(len(asked), len(answers)) - 1]
        return [
            (
                (socket.AF_INET6, 1, 6, "", (ip, port, 0, 0))
                if ":" in ip
                else (socket.AF_INET, 1, 6, "", (ip, port))
            )
            for ip in now
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked
