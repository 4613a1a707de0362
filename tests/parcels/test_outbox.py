"""What partners are told of movements: what their system may read, once it may, each thing once."""

import json
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from parcels import outbox
from parcels.actions import Step, advance
from parcels.actions.care import release_news
from parcels.models import Outbox, Parcel
from people.models import Client, Delivery, Endpoint, Grant
from people.relay import endpoints, queue
from tests import factories
from tests.databases import Database, as_role
from tests.factories import World, accepted, handed_over, move, registered, world
from tests.parcels.workers.conftest import until
from tests.people.relay.conftest import WORKER

FAR = "https://partner.example/hook"
Told = list[tuple[str, str, str]]


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()


def listener(client: Client, *events: str) -> Endpoint:
    """An endpoint that was there before anything happened."""
    made = endpoints.make(client, FAR, contact="", events=events, by=client)
    Endpoint.objects.filter(pk=made.pk).update(made_at=factories.LONG_AGO)
    made.refresh_from_db()
    return made


def is_settled() -> bool:
    """Whether whatever ran, in other databases of this server too, when the last row was written has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM parcels_movement WHERE xact >= pg_snapshot_xmin(s))"
            " AND NOT EXISTS (SELECT FROM parcels_publication WHERE xact >= pg_snapshot_xmin(s))"
            " FROM pg_current_snapshot() AS s"
        )
        return bool(cursor.fetchone()[0])


def take_up(*, at_once: bool = False) -> int:
    assert at_once or until(is_settled, 60)
    with as_role(WORKER):
        return outbox.take_up()


def told(endpoint: Endpoint) -> Told:
    rows = Delivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("body", flat=True)
    bodies = [json.loads(body) for body in rows]
    return [(each["type"], each["data"]["number"], each["data"]["status"]) for each in bodies]


def moved(parcel: Parcel, *statuses: str) -> Told:
    return [("parcel.moved", parcel.number, status) for status in statuses]


def test_each_party_of_the_round_hears_every_move_and_nobody_else_any(w: World) -> None:
    parties = [listener(factories.client(each, "liaison")) for each in (w.north, w.harbour, w.south)]
    stranger = listener(factories.client(factories.organisation("elsewhere"), "liaison"))
    parcel = handed_over(w)

    assert take_up() == 7
    assert take_up() == 0

    way = ("registered", "accepted", "cleared", "packed", "dispatched", "with_intermediary", "handed_over")
    for each in parties:
        assert told(each) == moved(parcel, *way)
    assert told(stranger) == []


def test_body_is_thin_and_says_when_it_was_recorded(w: World) -> None:
    endpoint = listener(factories.client(w.south, "liaison"))
    parcel = registered(w)
    take_up()

    delivery = Delivery.objects.get(endpoint=endpoint)
    assert json.loads(delivery.body) == {
        "id": f"msg_{delivery.reference}",
        "type": "parcel.moved",
        "timestamp": "2026-11-20T12:00:00.000000Z",
        "data": {"number": parcel.number, "status": "registered"},
    }


def test_reader_of_what_is_published_hears_of_a_status_only_when_it_is_public(w: World) -> None:
    """Sealed, packed and dispatched read as nothing until the public day, as on the API and to a family."""
    endpoint = listener(factories.client(w.north, "registrar"))
    parcel = handed_over(w)
    take_up()
    assert told(endpoint) == moved(parcel, "registered", "accepted", "cleared")
    times = [json.loads(each.body)["timestamp"] for each in Delivery.objects.filter(endpoint=endpoint)]
    assert "2026-11-20T12:00:00.000000Z" not in times  # it reads no times

    assert take_up() == 0
    let_it_be_public(w)
    assert take_up() > 0
    assert told(endpoint) == moved(parcel, "registered", "accepted", "cleared", "dispatched", "handed_over")
    with as_role(WORKER):
        assert Outbox.objects.count() == 0


def let_it_be_public(w: World) -> None:
    """Let the public day come: nobody can change what is published, so the owner does, for all of it."""
    owner = connection.settings_dict
    with psycopg.connect(owner_url(owner["NAME"]), autocommit=True) as db:
        db.execute("ALTER TABLE parcels_publication DISABLE TRIGGER append_only")
        db.execute("UPDATE parcels_publication SET public_from = %s", [factories.NOON])
        db.execute("ALTER TABLE parcels_publication ENABLE ALWAYS TRIGGER append_only")
        db.execute("UPDATE parcels_outbox SET look_at = %s", [factories.NOON])


def owner_url(name: str) -> str:
    return Database(name).owner_url


def test_hard_news_is_told_once_a_liaison_has_released_it(w: World) -> None:
    endpoint = listener(factories.client(w.north, "registrar"))
    holding = listener(factories.client(w.south, "liaison"))
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(parcel, "contest", w.act(w.gita), document="letter 7")
    let_it_be_public(w)
    take_up()
    before, held_before = told(endpoint), told(holding)
    assert before[-1] == ("parcel.moved", parcel.number, "received")
    assert held_before[-1] == ("parcel.moved", parcel.number, "received")

    release_news(parcel.number, by=w.act(w.gita), now=factories.NOON)
    assert take_up() == 1

    assert told(endpoint) == [*before, ("parcel.moved", parcel.number, "missing")]
    assert told(holding) == [*held_before, ("parcel.moved", parcel.number, "missing")]


def test_contest_that_is_not_released_is_told_to_all_but_the_holding_side(w: World) -> None:
    holding = listener(factories.client(w.south, "liaison"))
    neutral = listener(factories.client(w.harbour, "liaison"))
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(parcel, "contest", w.act(w.gita), document="letter 7")
    move(parcel, "confirm", w.act(w.farid), evidence="own_word_private", complete="yes", document="visit 1")
    take_up()

    assert [status for *_, status in told(neutral)][-2:] == ["missing", "confirmed"]
    assert [status for *_, status in told(holding)][-1] == "received"


def test_endpoint_hears_only_of_events_it_asked_for(w: World) -> None:
    parcel = accepted(w)
    endpoint = listener(factories.client(w.south, "liaison"), "parcel.observed")
    early = move_too_early(w, parcel)
    take_up()

    assert told(endpoint) == [("parcel.observed", parcel.number, "accepted")]
    assert early.last_number == 3


def move_too_early(w: World, parcel: Parcel) -> Parcel:
    step = Step(parcel.number, "hand_over", factories.NOON, details={"act": "A-1"})
    (made,) = advance([step], by=w.act(w.elena), now=factories.NOON)
    assert made.result == "observed"
    parcel.refresh_from_db()
    return parcel


def test_new_endpoint_hears_nothing_of_what_was_before_it(w: World) -> None:
    registered(w)
    client = factories.client(w.south, "liaison")
    endpoint = endpoints.make(client, FAR, contact="", events=[], by=client)
    take_up()

    assert told(endpoint) == []


def test_what_commits_late_is_not_missed(w: World, committed_db: Database) -> None:
    """A transaction that began first and commits last: nothing after it is taken up before it is."""
    endpoint = listener(factories.client(w.south, "liaison"))
    first, second = registered(w), registered(w)
    assert until(is_settled, 60)
    with psycopg.connect(committed_db.owner_url) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        later = registered(w)
        take_up(at_once=True)
        assert told(endpoint) == moved(first, "registered") + moved(second, "registered")
        slow.commit()
    take_up()

    assert told(endpoint)[2:] == moved(later, "registered")


def test_relay_that_stops_midway_has_taken_up_nothing(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = listener(factories.client(w.south, "liaison"))
    parcel = registered(w)

    def fail(*args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_write", fail)
        with pytest.raises(ZeroDivisionError):
            take_up()
    assert told(endpoint) == []

    take_up()
    assert told(endpoint) == moved(parcel, "registered")


def test_database_restored_elsewhere_tells_again_nothing_and_goes_on(
    w: World, committed_db: Database
) -> None:
    endpoint = listener(factories.client(w.south, "liaison"))
    parcel = registered(w)
    take_up()
    with psycopg.connect(committed_db.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE parcels_feed SET xact = '9999999999'")
    move(parcel, "accept", w.act(w.amina), gross_mass_g=6_000, place="counter")
    take_up()

    assert told(endpoint) == moved(parcel, "registered", "accepted")


def test_what_may_not_be_read_any_more_is_withheld(w: World, settings: Settings) -> None:
    """Rights end between the writing and the sending: what was written for more is not sent to less."""
    client = factories.client(w.north, "liaison", "registrar")
    endpoint = listener(client)
    handed_over(w)
    take_up()
    Grant.objects.filter(client=client, role="liaison").update(until_at=factories.NOON)

    may = []
    while claimed := claim():
        may.append((json.loads(claimed.delivery.body)["data"]["status"], outbox.may_be_told(claimed)))
        with as_role(WORKER):
            queue.withhold(claimed)

    assert [status for status, allowed in may if allowed] == ["registered", "accepted", "cleared"]
    assert len(may) == 7
    assert set(endpoint.deliveries.values_list("state", flat=True)) == {"withheld"}


def claim() -> queue.Claim | None:
    with as_role(WORKER):
        return queue.claim()


def head(size: int, before: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parcels_custodyhead (size, root, frontier, at, key, signature, mark, below)"
            " VALUES (%s, %s, '', clock_timestamp() - %s, '0123456789abcdef', %s, '', '0')",
            [size, bytes(32), before, bytes(64)],
        )


def test_last_head_before_these_five_minutes_is_told_to_all_who_want_it_and_once(w: World) -> None:
    mine = listener(factories.client(w.south, "liaison"))
    listener(factories.client(w.north, "liaison"), "parcel.moved")
    with as_role(WORKER):
        for size, before in (
            (4_000, timedelta(hours=1)),
            (5_000, timedelta(minutes=5)),
            (6_000, timedelta()),
        ):
            head(size, before)
        for _ in range(2):
            outbox.tell_newest_head()

    (delivery,) = Delivery.objects.filter(event="log.head")
    assert delivery.endpoint_id == mine.pk
    assert json.loads(delivery.body)["data"] == {
        "size": 5_000, "root": "00" * 32, "key": "0123456789abcdef", "signature": "00" * 64,
    }  # fmt: skip


def test_statements_do_not_grow_with_parcels(w: World) -> None:
    listener(factories.client(w.south, "liaison"))
    listener(factories.client(w.north, "registrar"))

    def statements(count: int) -> int:
        for _ in range(count):
            registered(w)
        with CaptureQueriesContext(connection) as asked:
            take_up()
        return len(asked)

    assert statements(1) == statements(3)
