"""Managers look after webhooks; who looks sees what was delivered, and lets go of what is in quarantine."""

import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from people.models import AuditEntry, Client, Delivery, Endpoint, EndpointKey, Staff
from people.relay import endpoints, working
from tests import factories
from tests.databases import as_role
from tests.factories import NOON, World, staff, world
from tests.parcels.admin.desk import messages, signed_in, text
from tests.people.relay.conftest import WORKER, tell
from tests.receivers import receiving

ENDPOINTS, DELIVERIES = "/admin/people/endpoint/", "/admin/people/delivery/"
FAR = "https://hooks.partner.example/lifeline"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def mira(w: World) -> Staff:
    """Manages at North."""
    return staff("mira", "manager", w.north)


@pytest.fixture
def system(w: World) -> Client:
    return factories.client(w.north, "liaison")


def made(client: Client) -> Endpoint:
    return endpoints.make(client, FAR, contact="", events=[], by=client)


def in_quarantine(client: Client) -> Delivery:
    (delivery,) = tell(made(client), "head:1")
    Delivery.objects.filter(pk=delivery.pk).update(state="quarantined", attempts=10, ended_at=NOON)
    return delivery


def test_manager_makes_an_endpoint_and_reads_its_secret_this_once(
    settings: Settings, mira: Staff, system: Client
) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_EXCEPTIONS = [receiver.origin]
        form = {"client": system.pk, "address": receiver.url, "contact": "", "events": ["parcel.moved"]}
        shown = text(signed_in(mira).post(f"{ENDPOINTS}add/", form))
        endpoint = Endpoint.objects.get()
        endpoints.test(endpoint, by=mira)
        with as_role(WORKER):
            assert working.send_next(lambda claimed: True)

    (secret,) = re.findall(r"whsec_\S+", shown)
    (got,) = receiver.got
    Webhook(secret).verify(got.body, got.headers)
    assert "whsec_" not in text(signed_in(mira).get(f"{ENDPOINTS}{endpoint.pk}/change/"))
    assert AuditEntry.objects.filter(act="make_endpoint", staff=mira).count() == 1


@pytest.mark.parametrize("address", ["http://partner.example/", "https://10.0.0.1/", "https://localhost/"])
def test_address_that_is_not_public_is_refused(mira: Staff, system: Client, address: str) -> None:
    answer = signed_in(mira).post(f"{ENDPOINTS}add/", {"client": system.pk, "address": address})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert not Endpoint.objects.exists()


def test_manager_makes_none_for_another_offices_system(w: World, mira: Staff) -> None:
    theirs = factories.client(w.south, "liaison")
    answer = signed_in(mira).post(f"{ENDPOINTS}add/", {"client": theirs.pk, "address": FAR})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert not Endpoint.objects.exists()


def test_manager_rotates_tests_disables_enables_and_closes(mira: Staff, system: Client) -> None:
    endpoint = made(system)
    at, browser = f"{ENDPOINTS}{endpoint.pk}/change/", signed_in(mira)

    assert "whsec_" in text(browser.post(at, {"deed": "rotate"}))
    assert EndpointKey.objects.filter(endpoint=endpoint).count() == 2
    for deed, status in (
        ("test", "active"),
        ("disable", "disabled"),
        ("enable", "active"),
        ("close", "closed"),
    ):
        browser.post(at, {"deed": deed})
        endpoint.refresh_from_db()
        assert endpoint.status == status
    assert Delivery.objects.get().event == "webhook.test"
    assert messages(browser.post(at, {"deed": "enable"}, follow=True))[-1] == "It was closed meanwhile."
    acts = AuditEntry.objects.filter(act="change_endpoint").order_by("pk").values_list("purpose", flat=True)
    assert list(acts) == ["test", "disable", "enable", "close"]


@pytest.mark.parametrize("role", ["auditor", "coordinator", "liaison", "registrar"])
def test_nobody_else_changes_an_endpoint(w: World, system: Client, role: str) -> None:
    endpoint = made(system)
    before = Endpoint.objects.values().get()
    browser = signed_in(staff("somebody", role, w.north))

    for deed in ("rotate", "test", "disable", "close"):
        assert browser.post(f"{ENDPOINTS}{endpoint.pk}/change/", {"deed": deed}).status_code == 403
    assert browser.post(f"{ENDPOINTS}add/", {"client": system.pk, "address": FAR}).status_code == 403
    assert Endpoint.objects.values().get() == before
    assert EndpointKey.objects.count() == 1


def test_other_offices_see_nothing_of_it(w: World, system: Client) -> None:
    delivery = in_quarantine(system)
    other = signed_in(staff("noor", "manager", w.south))

    assert other.get(f"{ENDPOINTS}{delivery.endpoint_id}/change/").status_code == HTTPStatus.NOT_FOUND
    assert not other.get(ENDPOINTS).context["cl"].result_list
    assert not other.get(DELIVERIES).context["cl"].result_list
    other.post(DELIVERIES, {"action": "send_again", "_selected_action": [delivery.pk]})
    assert Delivery.objects.get().state == "quarantined"


def test_coordinator_lets_a_delivery_out_of_quarantine_and_that_is_recorded(w: World, system: Client) -> None:
    delivery = in_quarantine(system)
    browser = signed_in(w.ivo)
    (row,) = browser.get(f"{DELIVERIES}?state=quarantined").context["cl"].result_list
    assert row == delivery

    answer = browser.post(
        DELIVERIES, {"action": "send_again", "_selected_action": [delivery.pk]}, follow=True
    )

    assert messages(answer) == ["1 will be sent again."]
    after = Delivery.objects.get()
    assert (after.state, after.attempts, after.ended_at) == ("waiting", 0, None)
    assert (after.reference, after.body) == (delivery.reference, delivery.body)
    entry = AuditEntry.objects.get(act="send_again")
    assert (entry.staff, entry.subject) == (w.ivo, delivery.pk)


def test_liaison_looks_and_lets_nothing_go(w: World, system: Client) -> None:
    delivery = in_quarantine(system)
    browser = signed_in(w.gita)

    assert "head" in text(browser.get(DELIVERIES))
    browser.post(DELIVERIES, {"action": "send_again", "_selected_action": [delivery.pk]})
    assert Delivery.objects.get().state == "quarantined"
    assert not AuditEntry.objects.filter(act="send_again").exists()


def test_lists_ask_no_more_for_more_rows(w: World, mira: Staff, system: Client) -> None:
    browser = signed_in(mira)

    def statements() -> list[int]:
        counts = []
        for path in (ENDPOINTS, DELIVERIES):
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(path).status_code == HTTPStatus.OK
            counts.append(len(asked))
        return counts

    tell(made(system), "head:1")
    one = statements()
    tell(made(factories.client(w.north, "liaison")), "head:2", "head:3")
    made(system)
    assert statements() == one
