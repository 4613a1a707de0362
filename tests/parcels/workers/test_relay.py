"""Relays as processes: two at once, killed, stopped past their lease, beside partners who are slow or dead."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from config import database
from config.launcher.processes import BASE_DIR
from parcels import workers
from people.models import Delivery, Endpoint
from people.relay import endpoints, telling
from people.relay.telling import Told
from tests import factories
from tests.databases import Database
from tests.factories import NOON, registered, world
from tests.parcels.test_outbox import is_settled
from tests.parcels.workers.conftest import WORKER, until
from tests.people.relay.conftest import due_now, system
from tests.receivers import Got, Receiver, listening, receiving

LEASE_S = 3
MANY = 40


@pytest.fixture
def at(settings: Settings, committed_db: Database) -> Callable[[Receiver], Endpoint]:
    """Make an endpoint at a receiver, for a system of its own."""

    def at(receiver: Receiver) -> Endpoint:
        settings.WEBHOOK_EXCEPTIONS = [*settings.WEBHOOK_EXCEPTIONS, receiver.origin]
        client = system(f"office-{Endpoint.objects.count()}")
        return endpoints.make(client, receiver.url, contact="", events=[], by=client)

    return at


def tell(to: Endpoint, many: int = MANY) -> list[str]:
    """Have so many events told, and return their ids in order."""
    telling.tell(Told(to.pk, "log.head", f"head:{n}", NOON, {"size": n}) for n in range(many))
    rows = Delivery.objects.filter(endpoint=to).order_by("pk").values_list("reference", flat=True)
    return [f"msg_{each}" for each in rows]


@contextmanager
def relay(
    on: Database, exceptions: list[str], log: Path = Path(os.devnull), *, timeout_s: float = 1
) -> Iterator["subprocess.Popen[bytes]"]:
    environment = on.environment(WORKER) | {
        "WEBHOOK_EXCEPTIONS": ",".join(exceptions),
        "RELAY_LEASE_S": str(LEASE_S),
        "WEBHOOK_TIMEOUT_S": str(timeout_s),
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "relay", "--every", "0.1"], cwd=BASE_DIR, env=environment,
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(30)


def firsts(got: list[Got]) -> list[str]:
    """Return each id where it came first."""
    return list(dict.fromkeys(each.id for each in got))


def all_delivered() -> bool:
    return not Delivery.objects.exclude(state="delivered").exists()


def one_body_each(got: list[Got]) -> bool:
    return len({(each.id, each.body) for each in got}) == len({each.id for each in got})


def test_two_relays_send_each_thing_once_and_in_its_order(
    committed_db: Database, settings: Settings, at: Callable[[Receiver], Endpoint]
) -> None:
    with ExitStack() as stack:
        receivers = [stack.enter_context(receiving()) for _ in range(3)]
        expected = [tell(at(receiver)) for receiver in receivers]
        for _ in range(2):
            stack.enter_context(relay(committed_db, settings.WEBHOOK_EXCEPTIONS))
        assert until(all_delivered, 60)

        assert [[each.id for each in receiver.got] for receiver in receivers] == expected
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_relay_killed_between_sending_and_saying_so_sends_again_the_same(
    committed_db: Database, settings: Settings, at: Callable[[Receiver], Endpoint]
) -> None:
    with receiving() as receiver:
        expected = tell(at(receiver), 3)
        with relay(committed_db, settings.WEBHOOK_EXCEPTIONS) as first:
            receiver.answering = first.kill
            assert first.wait(60) == -signal.SIGKILL
        receiver.answering = lambda: None
        assert len(receiver.got) == 1
        with relay(committed_db, settings.WEBHOOK_EXCEPTIONS):
            assert until(all_delivered, 60)

        assert [each.id for each in receiver.got] == [expected[0], *expected]
        assert one_body_each(receiver.got)
    counts = Delivery.objects.order_by("pk").values_list("attempts", flat=True)
    assert list(counts) == [2, 1, 1]


def test_relay_stopped_past_its_lease_is_fenced_out(
    committed_db: Database, settings: Settings, at: Callable[[Receiver], Endpoint], tmp_path: Path
) -> None:
    log = tmp_path / "zombie.log"
    with receiving() as receiver:
        expected = tell(at(receiver), 2)
        with relay(committed_db, settings.WEBHOOK_EXCEPTIONS, log) as zombie:
            receiver.answering = lambda: zombie.send_signal(signal.SIGSTOP)
            assert until(lambda: len(receiver.got) == 1, 60)
            receiver.answering = lambda: None
            with relay(committed_db, settings.WEBHOOK_EXCEPTIONS):
                assert until(all_delivered, 60)
            before = list(Delivery.objects.order_by("pk").values())
            zombie.send_signal(signal.SIGCONT)
            assert until(lambda: "relay_fenced_out" in log.read_text(), 30)

        assert [each.id for each in receiver.got] == [expected[0], *expected]
        assert one_body_each(receiver.got)
    assert list(Delivery.objects.order_by("pk").values()) == before
    assert Endpoint.objects.filter(lease=None).count() == 1


def test_relays_killed_again_and_again_lose_nothing_and_keep_the_order(
    committed_db: Database, settings: Settings, at: Callable[[Receiver], Endpoint]
) -> None:
    with receiving(pause_s=0.02) as one, receiving(pause_s=0.02) as other:
        expected = [tell(at(each)) for each in (one, other)]
        for times in (10, 30, 50):
            with relay(committed_db, settings.WEBHOOK_EXCEPTIONS) as process:
                assert until(lambda times=times: len(one.got) + len(other.got) >= times, 60)
                process.kill()
                process.wait()
            due_now()
        with relay(committed_db, settings.WEBHOOK_EXCEPTIONS):
            assert until(all_delivered, 60)

        assert [firsts(each.got) for each in (one, other)] == expected
        assert all(one_body_each(each.got) for each in (one, other))
        doubled = sum(len(each.got) for each in (one, other)) - 2 * MANY
    assert doubled <= 2 * 3  # of each kill at most what was under way


def test_dead_and_silent_partners_delay_nobody_else(
    committed_db: Database, settings: Settings, at: Callable[[Receiver], Endpoint]
) -> None:
    """Two who never answer, one whose port is closed, one who is slow: the others are served as ever."""

    def seconds(receivers: list[Receiver]) -> float:
        began = time.monotonic()
        assert until(lambda: all(len(each.got) >= MANY for each in receivers), 60)
        return time.monotonic() - began

    with ExitStack() as stack:
        quick = [stack.enter_context(receiving()) for _ in range(3)]
        places = [at(receiver) for receiver in quick]
        bad: list[Receiver] = []
        for _ in range(2):
            port, _ = stack.enter_context(listening(lambda taken: time.sleep(30)))
            bad.append(Receiver(url=f"http://127.0.0.1:{port}/hook"))
        bad += [Receiver(url="http://127.0.0.1:9/hook"), stack.enter_context(receiving(pause_s=0.9))]
        for each in bad:
            tell(at(each), 5)
        for place in places:
            tell(place)
        stack.enter_context(relay(committed_db, settings.WEBHOOK_EXCEPTIONS))
        assert until(lambda: any(each.got for each in quick), 60)
        took = seconds(quick)

    assert took < 10
    tried = Delivery.objects.filter(attempts__gt=0).exclude(state="delivered")
    assert Counter(tried.values_list("reason", flat=True)).keys() >= {"timeout", "connection failed"}


def test_drain_takes_up_and_sends_without_a_relay_of_its_own(
    committed_db: Database, settings: Settings
) -> None:
    """What a sweep does: with no other process at all, a movement is at the partner."""
    w = world()
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        client = factories.client(w.south, "liaison")
        endpoints.make(client, receiver.url, contact="", events=[], by=client)
        Endpoint.objects.update(made_at=factories.LONG_AGO)
        parcel = registered(w)
        assert until(is_settled, 60)
        as_worker(committed_db)
        assert workers.drain("relay") == 2
        assert workers.drain("relay") == 0

    (got,) = receiver.got
    assert json.loads(got.body)["data"] == {"number": parcel.number, "status": "registered"}


def as_worker(on: Database) -> None:
    database.use(on.url, role=WORKER)
