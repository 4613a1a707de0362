"""What is to be told, as rows: one for each endpoint and event, with the body that is sent each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from people.canonical import canonical
from people.heads import moment
from people.models import Endpoint, new_reference

TEST: Final = "webhook.test"


class Told(NamedTuple):
    """One event for one endpoint. `key` says what it is about: with one key it is told once."""

    endpoint_id: int
    event: str
    key: str
    at: datetime
    data: Mapping[str, Any]


def listening() -> QuerySet[Endpoint]:
    """Return the endpoints for which events are written, also those that are disabled: for them it waits."""
    return Endpoint.objects.filter(kind=Endpoint.Kind.WEBHOOK, closed_at=None).select_related("client")


def wants(endpoint: Endpoint, event: str) -> bool:
    return not endpoint.events or event in endpoint.events


_TELL: Final = """
INSERT INTO people_delivery (reference, endpoint_id, event, key, body, state, attempts, reason)
SELECT reference, endpoint_id, event, key, body, 'waiting', 0, ''
  FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[])
       WITH ORDINALITY AS t (reference, endpoint_id, event, key, body, place)
 ORDER BY place
    ON CONFLICT (endpoint_id, key) DO NOTHING
"""


def tell(events: Iterable[Told]) -> int:
    """Write what is new of these, in their order, and return how many that is."""
    return _write([_row(each) for each in events])


def tell_all(event: str, key: str, data: Mapping[str, Any], at: datetime) -> int:
    """Write an event that is the same for every partner, for each endpoint that wants it."""
    return tell(Told(endpoint.pk, event, key, at, data) for endpoint in listening() if wants(endpoint, event))


def mail(address: str, about: Endpoint, event: str, key: str, subject: str, text: str) -> None:
    """Write a mail to a mailbox; with one key it is sent once."""
    mailbox = Endpoint.objects.filter(kind=Endpoint.Kind.MAIL, address=address).first()
    if mailbox is None:
        Endpoint.objects.bulk_create(
            [Endpoint(kind=Endpoint.Kind.MAIL, address=address, organisation_id=about.organisation_id)],
            ignore_conflicts=True,
        )
        mailbox = Endpoint.objects.get(kind=Endpoint.Kind.MAIL, address=address)
    _write([(new_reference(), mailbox.pk, event, key, canonical({"subject": subject, "text": text}))])


def message_id(reference: str) -> str:
    """Return the id by which a receiver knows a repeat."""
    return f"msg_{reference}"


def _row(told: Told) -> tuple[object, ...]:
    reference = new_reference()
    body = canonical(
        {
            "id": message_id(reference),
            "type": told.event,
            "timestamp": moment(told.at),
            "data": dict(told.data),
        }
    )
    return reference, told.endpoint_id, told.event, told.key, body


def _write(rows: Sequence[tuple[object, ...]]) -> int:
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [list(column) for column in zip(*rows, strict=True)])
        written: int = cursor.rowcount
        return written
