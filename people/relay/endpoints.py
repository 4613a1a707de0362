"""What partners' systems and managers do with endpoints: one verb, one transaction, each recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from people import audit
from people.acts import Act
from people.audit import Who
from people.models import Client, Delivery, Endpoint, EndpointKey, new_reference
from people.relay import addresses, secrets, telling
from people.relay.telling import Told

MOST: Final = 10
"""Open endpoints of one system."""
OVERLAP: Final = timedelta(hours=24)
"""So long after a rotation the old secret signs too."""
_SUBJECT: Final = "endpoint"


class TooMany(Exception):
    """The system has as many endpoints as one may have."""


class Closed(Exception):
    """The endpoint was closed: what it was stays readable, and nothing is sent there any more."""


@transaction.atomic
def make(client: Client, address: str, *, contact: str, events: Sequence[str], by: Who) -> Endpoint:
    """Make an endpoint with its first secrets.

    :raises Unfit: for an address that nothing may be sent to
    :raises TooMany: beyond `MOST`
    :raises Locked: while the key-encryption key is not in memory
    """
    addresses.parsed(address, settings.WEBHOOK_EXCEPTIONS)
    Client.objects.select_for_update().get(pk=client.pk)
    if client.endpoints.filter(closed_at=None).count() >= MOST:
        raise TooMany
    endpoint = Endpoint.objects.create(
        client=client, organisation_id=client.organisation_id, address=address, contact=contact,
        events=sorted(set(events)),
    )  # fmt: skip
    secrets.make(endpoint)
    audit.record(by, Act.MAKE_ENDPOINT, _SUBJECT, endpoint.pk)
    return endpoint


@transaction.atomic
def rotate(endpoint: Endpoint, *, by: Who) -> EndpointKey:
    """Put new secrets to use; those before sign too for `OVERLAP`, and those before them no more.

    :raises Closed: if it was closed
    :raises Locked: while the key-encryption key is not in memory
    """
    _hold(endpoint)
    now = timezone.now()
    last = endpoint.keys.order_by("-number")[0]
    endpoint.keys.filter(until_at__gt=now).update(until_at=now)
    endpoint.keys.filter(pk=last.pk).update(until_at=now + OVERLAP)
    made = secrets.make(endpoint, last.number + 1)
    audit.record(by, Act.ROTATE_ENDPOINT, _SUBJECT, endpoint.pk)
    return made


@transaction.atomic
def disable(endpoint: Endpoint, because: Endpoint.Because, *, by: Who) -> None:
    """:raises Closed: if it was closed"""
    _hold(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk, disabled_at=None).update(
        disabled_at=Now(), disabled_because=because
    )
    audit.record(by, Act.CHANGE_ENDPOINT, _SUBJECT, endpoint.pk, purpose="disable")


@transaction.atomic
def enable(endpoint: Endpoint, *, by: Who) -> None:
    """Go on at once with what waits there.

    :raises Closed: if it was closed
    """
    _hold(endpoint)
    found = Endpoint.objects.filter(pk=endpoint.pk).exclude(disabled_at=None)
    if found.update(disabled_at=None, disabled_because="", next_try_at=Now(), slow=False):
        Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING).update(attempts=0)
    audit.record(by, Act.CHANGE_ENDPOINT, _SUBJECT, endpoint.pk, purpose="enable")


@transaction.atomic
def close(endpoint: Endpoint, *, by: Who) -> None:
    """End it for good; what was not sent there is withheld.

    :raises Closed: if it was closed
    """
    _hold(endpoint)
    Endpoint.objects.filter(pk=endpoint.pk).update(closed_at=Now())
    Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING).update(
        state=Delivery.State.WITHHELD, ended_at=Now()
    )
    audit.record(by, Act.CHANGE_ENDPOINT, _SUBJECT, endpoint.pk, purpose="close")


@transaction.atomic
def test(endpoint: Endpoint, *, by: Who) -> Delivery:
    """Have an event sent that is about nothing.

    :raises Closed: if it was closed
    """
    _hold(endpoint)
    key = f"test:{new_reference()}"
    telling.tell([Told(endpoint.pk, telling.TEST, key, timezone.now(), {})])
    audit.record(by, Act.CHANGE_ENDPOINT, _SUBJECT, endpoint.pk, purpose="test")
    return Delivery.objects.get(endpoint=endpoint, key=key)


@transaction.atomic
def send_again(deliveries: Iterable[Delivery], *, by: Who) -> int:
    """Have what ended sent again, with the same id and body, before all that came after it; return how many.

    What is in quarantine is let go so, and what was delivered is replayed. What was withheld stays so.
    """
    sendable = Q(state=Delivery.State.QUARANTINED) | Q(state=Delivery.State.DELIVERED)
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(sendable, pk__in=[each.pk for each in deliveries], endpoint__closed_at=None)
        .order_by("pk")
    )
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Delivery.State.WAITING, attempts=0, ended_at=None
    )
    audit.record(by, Act.SEND_AGAIN, "delivery", [row.pk for row in rows])
    return len(rows)


def _hold(endpoint: Endpoint) -> None:
    """:raises Closed: if it was closed"""
    if not Endpoint.objects.select_for_update().filter(pk=endpoint.pk, closed_at=None).exists():
        raise Closed
