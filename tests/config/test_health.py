import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_livez_answers_without_asking_anyone(client: Client) -> None:
    assert client.get("/livez").content == b"ok"


def test_readyz_names_what_it_reached(client: Client) -> None:
    reply = client.get("/readyz")

    nobody = "none: nothing that is due is found"
    told = {"database": "ok", "redis": "ok", "keys": "ok", "audit": "ok", "workers": nobody}
    assert (reply.status_code, reply.json()) == (200, told)


def test_metrics_are_for_the_local_network_alone(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert (
        client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"x-forwarded-for": "1.2.3.4"}).status_code
        == 404
    )
