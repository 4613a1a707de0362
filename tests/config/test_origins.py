"""Http will do between two ends of this machine; anywhere else it is refused."""

import pytest
from django.test import Client
from oauth2_provider.models import AccessToken
from pytest_django import Settings

from config.origins import passkey_domain
from tests.config.production import HOST, production
from tests.factories import world
from tests.partners import partner


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "caller", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 200),
        ("localhost:8000", "::1", 200),
        ("[::1]:8000", "::1", 200),
        ("localhost", "192.0.2.7", 403),
        ("lifeline.example.org", "127.0.0.1", 403),
        ("lifeline.example.org", "192.0.2.7", 403),
    ],
)
def test_http_is_refused_but_on_this_machine(settings: Settings, host: str, caller: str, status: int) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for path in ("/", "/admin/login/"):
        assert Client().get(path, headers={"host": host}, REMOTE_ADDR=caller).status_code == status
    assert Client().get("/", secure=True, headers={"host": host}, REMOTE_ADDR=caller).status_code == 200
    assert Client().get("/livez", headers={"host": host}, REMOTE_ADDR=caller).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/parcels/", "/oauth/token/", "/epcis/v2/events"])
@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
def test_program_over_http_is_refused_and_not_led_on(path: str, host: str) -> None:
    system = partner(world().north, "registrar")
    tokens = AccessToken.objects.count()
    secret = {"grant_type": "client_credentials", "client_id": "north", "client_secret": "never in clear"}
    with production():
        for answer in (
            Client().get(path, HTTP_HOST=host, headers={"authorization": f"Bearer {system.token}"}),
            Client().post(path, secret, HTTP_HOST=host),
        ):
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/https-only")
        assert Client().get("/", HTTP_HOST=host).status_code == 301
        assert Client().get("/", HTTP_HOST=host, secure=True).status_code == 200
    assert AccessToken.objects.count() == tokens


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("http://127.0.0.1:8000", "localhost"),
        ("http://[::1]:8000", "localhost"),
        ("https://lifeline.example.org", "lifeline.example.org"),
    ],
)
def test_passkeys_are_made_for_a_name(url: str, domain: str) -> None:
    assert passkey_domain(url) == domain
