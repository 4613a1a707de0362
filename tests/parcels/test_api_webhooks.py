"""/api/v1/webhooks/: a system looks after its own endpoints, and no other ever learns of them."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from people.models import AuditEntry, Delivery, Endpoint, EndpointKey, SavedReply
from people.relay import endpoints, working
from tests import factories
from tests.databases import as_role
from tests.factories import World, world
from tests.partners import Partner, partner, problem, token_for
from tests.people.relay.conftest import WORKER, tell
from tests.receivers import receiving

LIST = "/api/v1/webhooks/"
ASKED = {"url": "https://hooks.partner.example/lifeline", "contact": "it@partner.example"}


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def south(w: World) -> Partner:
    return partner(w.south, "liaison")


def made(reader: Partner, **fields: object) -> dict[str, object]:
    answer = reader.post(LIST, ASKED | fields)
    assert answer.status_code == 201, answer.content
    told: dict[str, object] = answer.json()
    return told


def test_endpoint_is_made_and_its_secret_shown_this_once(south: Partner) -> None:
    told = made(south, events=["parcel.moved"])

    assert str(told["secret"]).startswith("whsec_")
    assert str(told["public_key"]).startswith("whpk_")
    assert (told["url"], told["events"], told["status"]) == (ASKED["url"], ["parcel.moved"], "active")
    without = {key: value for key, value in told.items() if key != "secret"}
    assert south.get(f"{LIST}{told['reference']}/").json() == without
    assert south.get(LIST).json()["results"] == [without]
    assert AuditEntry.objects.filter(act="make_endpoint").count() == 1


def test_repeat_of_the_request_is_answered_with_the_same_secret_which_is_kept_in_no_reply(
    south: Partner,
) -> None:
    first = south.post(LIST, ASKED, key="make-1").json()
    again = south.post(LIST, ASKED, key="make-1").json()

    assert again == first
    assert Endpoint.objects.count() == 1
    assert "whsec_" not in json.dumps(SavedReply.objects.get().body)
    south.post(f"{LIST}{first['reference']}/rotate/", {})
    assert south.post(LIST, ASKED, key="make-1").json()["secret"] is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.partner.example/", "https://127.0.0.1/", "https://hooks.partner.example:8443/",
        "https://localhost/", "https://[::1]/", "https://169.254.169.254/", "https://user@partner.example/",
        "nothing", "", 7,
    ],
)  # fmt: skip
def test_address_that_is_not_public_is_refused_and_nothing_made(south: Partner, url: object) -> None:
    assert problem(south.post(LIST, ASKED | {"url": url})) == (400, "/problems/validation")
    assert not Endpoint.objects.exists()
    assert not EndpointKey.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"events": ["parcel.lost"]}, {"contact": "a@b\r\nBcc: c@d.example"}, {"secret": "mine"}]
)
def test_what_is_not_understood_is_refused_and_nothing_made(south: Partner, wrong: dict[str, object]) -> None:
    assert problem(south.post(LIST, ASKED | wrong)) == (400, "/problems/validation")
    assert not Endpoint.objects.exists()


def test_no_other_system_finds_an_endpoint_also_not_of_the_same_organisation(
    w: World, south: Partner
) -> None:
    told = made(south)
    (delivery,) = tell(Endpoint.objects.get(), "head:1")
    before = list(Endpoint.objects.values())
    for other in (partner(w.south, "liaison"), partner(w.north, "liaison", "dispatcher", "registrar")):
        at = f"{LIST}{told['reference']}/"
        assert other.get(LIST).json()["results"] == []
        for path in (at, f"{at}deliveries/"):
            assert problem(other.get(path)) == (404, "/problems/not-found")
        for verb in (
            "rotate",
            "test",
            "enable",
            "disable",
            "close",
            f"deliveries/msg_{delivery.reference}/replay",
        ):
            assert problem(other.post(f"{at}{verb}/", {})) == (404, "/problems/not-found")
    assert list(Endpoint.objects.values()) == before
    assert EndpointKey.objects.count() == Delivery.objects.count() == 1


def test_scope_is_needed(w: World) -> None:
    client = factories.client(w.south, "liaison")
    other = Partner(token_for(client, scope="parcels:read"))

    assert problem(other.get(LIST))[0] == 403
    assert problem(other.post(LIST, ASKED))[0] == 403
    assert not Endpoint.objects.exists()


def test_system_has_no_more_than_ten_endpoints(south: Partner) -> None:
    for _ in range(endpoints.MOST):
        made(south)

    assert problem(south.post(LIST, ASKED)) == (409, "/problems/not-now")
    assert Endpoint.objects.count() == endpoints.MOST


def test_test_event_arrives_and_both_signatures_verify(settings: Settings, south: Partner) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        told = made(south, url=receiver.url)
        answer = south.post(f"{LIST}{told['reference']}/test/", {})
        assert answer.status_code == 202
        send_all()

    (got,) = receiver.got
    assert got.id == answer.json()["id"]
    assert Webhook(str(told["secret"])).verify(got.body, got.headers)["type"] == "webhook.test"
    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(str(told["public_key"]).removeprefix("whpk_"))
    )
    signed = f"{got.id}.{got.headers['webhook-timestamp']}.{got.body}".encode()
    public.verify(base64.b64decode(got.headers["webhook-signature"].split("v1a,")[1]), signed)


def test_rotation_signs_under_both_secrets_for_a_day(settings: Settings, south: Partner) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        first = made(south, url=receiver.url)
        at = f"{LIST}{first['reference']}/"
        second = south.post(f"{at}rotate/", {}).json()
        south.post(f"{at}test/", {})
        send_all()
        EndpointKey.objects.filter(number=1).update(until_at=factories.NOON)
        south.post(f"{at}test/", {})
        send_all()

    both, after = receiver.got
    assert first["secret"] != second["secret"]
    for secret in (first["secret"], second["secret"]):
        Webhook(str(secret)).verify(both.body, both.headers)
    assert len(after.headers["webhook-signature"].split()) == 2
    Webhook(second["secret"]).verify(after.body, after.headers)


def test_disabled_endpoint_is_sent_nothing_until_it_is_enabled(settings: Settings, south: Partner) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        at = f"{LIST}{made(south, url=receiver.url)['reference']}/"
        assert south.post(f"{at}disable/", {}).json()["disabled_because"] == "partner"
        tell(Endpoint.objects.get(), "head:1", "head:2")
        send_all()
        assert receiver.got == []
        assert south.get(at).json()["waiting"] == 2

        assert south.post(f"{at}enable/", {}).json()["status"] == "active"
        send_all()
    assert len(receiver.got) == 2


def test_closed_endpoint_is_gone_and_what_waited_is_withheld(south: Partner) -> None:
    at = f"{LIST}{made(south)['reference']}/"
    tell(Endpoint.objects.get(), "head:1")
    first = south.post(f"{at}close/", {}, key="close-1")
    assert first.status_code == 200
    assert south.post(f"{at}close/", {}, key="close-1").json() == first.json()

    assert problem(south.get(at)) == (404, "/problems/not-found")
    assert problem(south.post(f"{at}enable/", {})) == (404, "/problems/not-found")
    assert Delivery.objects.get().state == "withheld"
    assert south.get(LIST).json()["results"] == []


def test_delivery_is_replayed_with_its_id_and_its_body(settings: Settings, south: Partner) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        at = f"{LIST}{made(south, url=receiver.url)['reference']}/"
        tell(Endpoint.objects.get(), "head:1")
        send_all()
        (row,) = south.get(f"{at}deliveries/").json()["results"]
        assert (row["state"], row["attempts"], row["result"]) == ("delivered", 1, "status 204")

        replay = f"{at}deliveries/{row['id']}/replay/"
        assert south.post(replay, {}).status_code == 202
        assert problem(south.post(replay, {})) == (409, "/problems/not-now")
        send_all()

    once, twice = receiver.got
    assert (once.id, once.body) == (twice.id, twice.body)
    assert AuditEntry.objects.filter(act="send_again").count() == 1


def test_log_of_deliveries_asks_no_more_for_more_rows(south: Partner) -> None:
    at = f"{LIST}{made(south)['reference']}/"

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert south.get(path).status_code == 200
        return len(asked)

    tell(Endpoint.objects.get(), "head:1")
    one = [statements(path) for path in (LIST, f"{at}deliveries/")]
    tell(Endpoint.objects.get(), "head:2", "head:3")
    made(south)
    made(south)
    assert [statements(path) for path in (LIST, f"{at}deliveries/")] == one


def send_all() -> None:
    with as_role(WORKER):
        while working.send_next(lambda claimed: True):
            pass
