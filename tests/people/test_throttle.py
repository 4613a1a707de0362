from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from people import oauth
from people.models import ThrottleWindow
from people.throttle import network_of, take
from tests.databases import Database
from tests.factories import client, organisation
from tests.people.signin.people import at_once

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_limit_is_allowed_and_no_more() -> None:
    assert [take("login:olha", 3, MINUTE).allowed for _ in range(5)] == [True, True, True, False, False]
    assert take("login:amina", 3, MINUTE).allowed


@pytest.mark.django_db
def test_window_ends() -> None:
    for _ in range(3):
        take("login:olha", 2, MINUTE)
    ThrottleWindow.objects.update(started_at="2026-01-01T00:00:00Z")

    assert take("login:olha", 2, MINUTE).allowed


@pytest.mark.django_db
def test_refusal_says_when_to_come_again() -> None:
    assert 1 <= take("login:olha", 0, MINUTE).retry_after_s <= 60


@pytest.mark.django_db
def test_bucket_does_not_keep_who_it_is_about() -> None:
    take("login:olha", 3, MINUTE)

    assert "olha" not in ThrottleWindow.objects.get().bucket


def test_of_many_at_once_exactly_the_limit_is_allowed(committed_db: object) -> None:
    def one(_: int) -> bool:
        try:
            return take("track:net", 10, MINUTE).allowed
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(100))) == 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.5", "192.0.2.0/24"),
        ("nonsense", "unknown"),
    ],
)
def test_network_is_what_one_caller_can_have_many_addresses_of(address: str, network: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=address)

    assert network_of(request, trusted_proxies=0) == network


def test_forwarded_address_is_believed_only_from_trusted_proxies() -> None:
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": "6.6.6.6, 198.51.100.9"}
    )

    assert network_of(request, trusted_proxies=0) == "10.0.0.0/24"
    assert network_of(request, trusted_proxies=1) == "198.51.100.0/24"


def test_of_200_guesses_at_a_systems_secret_exactly_the_limit_is_hashed(committed_db: Database) -> None:
    system = client(organisation("north"), "registrar")

    def guess(number: int) -> tuple[int, bool]:
        told = {
            "grant_type": "client_credentials",
            "client_id": system.client_id,
            "client_secret": f"no {number}",
        }
        answer = Client().post("/oauth/token/", told)
        return answer.status_code, "Retry-After" in answer

    assert Counter(at_once(200, guess)) == {(401, False): oauth.TOKENS, (429, True): 180}
