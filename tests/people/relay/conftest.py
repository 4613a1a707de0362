"""Endpoints in tests, and a relay that sends what is next in the worker's own role."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from people.models import Client, Delivery, Endpoint
from people.relay import endpoints, telling, working
from people.relay.telling import Told
from tests import factories
from tests.databases import as_role
from tests.factories import NOON

WORKER = "lifeline_worker"
Send = Callable[[], bool]


def system(code: str = "south") -> Client:
    return factories.client(factories.organisation(code), "liaison")


def endpoint(settings: Settings, url: str, *, contact: str = "", client: Client | None = None) -> Endpoint:
    """An endpoint at a receiver of this machine, which an operator has let be one."""
    settings.WEBHOOK_EXCEPTIONS = [*settings.WEBHOOK_EXCEPTIONS, url.rpartition("/")[0]]
    client = client or system(f"office-{Endpoint.objects.count()}")
    return endpoints.make(client, url, contact=contact, events=[], by=client)


def tell(to: Endpoint, *keys: str) -> list[Delivery]:
    telling.tell(Told(to.pk, "log.head", key, NOON, {"size": place}) for place, key in enumerate(keys))
    return list(Delivery.objects.filter(endpoint=to, key__in=keys).order_by("pk"))


@pytest.fixture
def send() -> Send:
    """Send what is next at one endpoint, with the rights of a worker; say whether there was anything."""

    def send() -> bool:
        with as_role(WORKER):
            return working.send_next(lambda claimed: True)

    return send


def due_now() -> None:
    """Let the time of every next try come, and every lease end."""
    Endpoint.objects.update(next_try_at=NOON)
    Endpoint.objects.exclude(lease=None).update(lease_until=NOON)
