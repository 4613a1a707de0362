import base64
import hashlib
import json
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from oauth2_provider.models import AccessToken

from people.models import Client, Grant, Organisation, ThrottleWindow
from tests import factories
from tests.partners import SCOPES, Partner, partner, problem, token_for

pytestmark = pytest.mark.django_db
SECRET = "a-secret-for-tests-only"


@pytest.fixture
def north() -> Organisation:
    return factories.organisation("north")


@pytest.fixture
def client_of_north(north: Organisation) -> Client:
    return factories.client(north, "registrar")


def ask(client: Client, **fields: str) -> HttpResponse:
    plain = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": SECRET}
    return Browser().post("/oauth/token/", plain | fields)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def rounds(token: str) -> HttpResponse:
    return Partner(token).get("/api/v1/rounds/")


def test_token_opens_the_api_for_ten_minutes(client_of_north: Client) -> None:
    response = ask(client_of_north)

    told = response.json()
    assert (response.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 600)
    assert response["Cache-Control"] == "no-store"
    assert rounds(told["access_token"]).status_code == 200


def test_token_is_kept_as_a_hash_only(client_of_north: Client) -> None:
    text = ask(client_of_north).json()["access_token"]

    kept = AccessToken.objects.get()
    assert (kept.token, kept.token_checksum) == ("", hashlib.sha256(text.encode()).hexdigest())


def test_token_without_scope_gets_all_of_them(client_of_north: Client) -> None:
    assert set(ask(client_of_north).json()["scope"].split()) == set(SCOPES.split())


def test_token_with_scope_gets_those(client_of_north: Client) -> None:
    told = ask(client_of_north, scope="agreements:read").json()

    assert told["scope"] == "agreements:read"
    assert problem(Partner(told["access_token"]).get("/api/v1/parcels/")) == (403, "/problems/not-permitted")


def test_token_of_an_unknown_scope_is_refused(client_of_north: Client) -> None:
    response = ask(client_of_north, scope="everything")

    assert problem(response) == (400, "/problems/validation")
    assert (response.json()["error"], AccessToken.objects.count()) == ("invalid_scope", 0)


def test_secret_may_come_in_the_header(client_of_north: Client) -> None:
    response = Browser().post(
        "/oauth/token/",
        {"grant_type": "client_credentials"},
        headers={"authorization": basic(client_of_north.client_id, SECRET)},
    )

    assert response.status_code == 200


def test_forgery_check_does_not_stand_in_the_way(client_of_north: Client) -> None:
    asked = {
        "grant_type": "client_credentials",
        "client_id": client_of_north.client_id,
        "client_secret": SECRET,
    }

    assert Browser(enforce_csrf_checks=True).post("/oauth/token/", asked).status_code == 200


def test_secret_may_not_come_twice(client_of_north: Client) -> None:
    response = Browser().post(
        "/oauth/token/",
        {
            "grant_type": "client_credentials",
            "client_id": client_of_north.client_id,
            "client_secret": SECRET,
        },
        headers={"authorization": basic("another", "wrong")},
    )

    assert problem(response) == (400, "/problems/validation")
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "nobody"},
        {"client_id": "\0"},
        {"client_id": ""},
    ],
)
def test_token_is_refused_to_strangers(client_of_north: Client, fields: dict[str, str]) -> None:
    response = ask(client_of_north, **fields)

    assert problem(response) == (401, "/problems/not-authenticated")
    assert response["WWW-Authenticate"] == 'Basic realm="lifeline"'
    assert (response.json()["error"], AccessToken.objects.count()) == ("invalid_client", 0)


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "basic Og==", "Digest x"])
def test_token_is_refused_to_a_broken_header(client_of_north: Client, header: str) -> None:
    response = Browser().post(
        "/oauth/token/", {"grant_type": "client_credentials"}, headers={"authorization": header}
    )

    assert problem(response) == (401, "/problems/not-authenticated")


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("authorization_code", "unsupported_grant_type"),
        ("refresh_token", "unsupported_grant_type"),
        ("", "invalid_request"),
    ],
)
def test_other_grants_are_refused(client_of_north: Client, grant: str, error: str) -> None:
    response = ask(client_of_north, grant_type=grant)

    assert problem(response) == (400, "/problems/validation")
    assert (response.json()["error"], AccessToken.objects.count()) == (error, 0)


def test_nothing_is_taken_from_the_address(client_of_north: Client) -> None:
    response = Browser().post(
        f"/oauth/token/?client_id={client_of_north.client_id}&client_secret={SECRET}",
        {"grant_type": "client_credentials"},
    )

    assert problem(response) == (400, "/problems/validation")


def test_closed_client_gets_no_token_and_its_tokens_end(client_of_north: Client) -> None:
    text = ask(client_of_north).json()["access_token"]
    Client.objects.update(active=False)

    assert problem(ask(client_of_north)) == (401, "/problems/not-authenticated")
    assert problem(rounds(text)) == (401, "/problems/not-authenticated")


def test_client_without_a_current_right_is_refused(client_of_north: Client) -> None:
    text = ask(client_of_north).json()["access_token"]
    Grant.objects.update(until_at=timezone.now() - timedelta(seconds=1))

    assert problem(ask(client_of_north)) == (401, "/problems/not-authenticated")
    assert problem(rounds(text)) == (401, "/problems/not-authenticated")


def test_tokens_are_throttled_by_client_before_any_hashing(
    client_of_north: Client, north: Organisation
) -> None:
    for _ in range(20):
        assert ask(client_of_north, client_secret="wrong").status_code == 401

    response = ask(client_of_north)

    assert problem(response) == (429, "/problems/throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert ask(factories.client(north, "registrar")).status_code == 200


def test_unknown_clients_leave_no_trace_in_the_throttle(north: Organisation) -> None:
    Browser().post("/oauth/token/", {"grant_type": "client_credentials", "client_id": "x"})

    assert not ThrottleWindow.objects.filter(bucket__startswith="token:").exists()


@pytest.mark.parametrize("method", ["get", "put", "delete", "options", "head"])
def test_token_takes_post_only(method: str) -> None:
    response = getattr(Browser(), method)("/oauth/token/")

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/oauth/authorize/", "/oauth/introspect/", "/oauth/", "/oauth/token"])
def test_nothing_else_of_oauth_is_there(path: str) -> None:
    assert problem(Browser().get(path)) == (404, "/problems/not-found")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "x"])
def test_call_without_a_valid_token_is_refused(header: str) -> None:
    response = Browser().get("/api/v1/rounds/", headers={"authorization": header} if header else {})

    assert problem(response) == (401, "/problems/not-authenticated")
    error = ', error="invalid_token"' if header else ""
    assert response["WWW-Authenticate"] == f'Bearer realm="lifeline"{error}'


def test_expired_token_is_refused(client_of_north: Client) -> None:
    text = token_for(client_of_north, lasts=timedelta(seconds=-1))

    assert problem(rounds(text)) == (401, "/problems/not-authenticated")


def test_token_for_another_address_is_refused(client_of_north: Client) -> None:
    text = ask(client_of_north, resource="https://elsewhere.example.org/").json()["access_token"]

    assert problem(rounds(text)) == (401, "/problems/not-authenticated")


def test_missing_scope_is_named(north: Organisation) -> None:
    response = partner(north, "registrar", scope="agreements:read").get("/api/v1/parcels/")

    assert problem(response) == (403, "/problems/not-permitted")
    assert response["WWW-Authenticate"] == (
        'Bearer realm="lifeline", error="insufficient_scope", scope="parcels:read"'
    )


def test_no_secret_is_in_what_is_kept(client_of_north: Client) -> None:
    text = ask(client_of_north).json()["access_token"]

    kept = json.dumps([*Client.objects.values(), *AccessToken.objects.values()], default=str)
    assert (SECRET in kept, text in kept) == (False, False)
