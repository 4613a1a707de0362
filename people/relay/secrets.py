"""An endpoint's secrets, as Standard Webhooks has them: for v1 (HMAC-SHA256) and for v1a (Ed25519).

Kept wrapped by the key from outside the database; shown once, when they are made.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models import Q
from django.db.models.functions import Now
from standardwebhooks.webhooks import Webhook

from people import vault
from people.models import Endpoint, EndpointKey

PLACE: Final = "people.endpointkey"
_HALF: Final = 32


class Pair(NamedTuple):
    """The secret of v1, and the seed of v1a's private key: 32 bytes each."""

    secret: bytes
    seed: bytes

    @property
    def secret_text(self) -> str:
        return f"whsec_{_text(self.secret)}"


def row_of(endpoint_id: int, number: int) -> str:
    return f"{endpoint_id}|{number}"


def make(endpoint: Endpoint, number: int = 1) -> EndpointKey:
    """Make the version `number`, and put it to use.

    :raises Locked: while the key-encryption key is not in memory
    """
    pair = Pair(os.urandom(_HALF), os.urandom(_HALF))
    wrapped = vault.wrap(b"".join(pair), place=PLACE, row=row_of(endpoint.pk, number))
    public = _private(pair).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return EndpointKey.objects.create(
        endpoint=endpoint, number=number, wrapped=wrapped, public=public,
        kek_version=vault.kek_version(wrapped),
    )  # fmt: skip


def opened(key: EndpointKey) -> Pair:
    """:raises Locked: while the key-encryption key is not in memory"""
    whole = vault.unwrap(key.wrapped, place=PLACE, row=row_of(key.endpoint_id, key.number))
    return Pair(whole[:_HALF], whole[_HALF:])


def live(endpoint_id: int) -> list[Pair]:
    """Return those that are live now, the one in use first."""
    rows = EndpointKey.objects.filter(Q(until_at=None) | Q(until_at__gt=Now()), endpoint=endpoint_id)
    return [opened(key) for key in rows.order_by("-number")]


def public_text(key: EndpointKey) -> str:
    return f"whpk_{_text(bytes(key.public))}"


def headers(pairs: list[Pair], message: str, body: str, at: datetime) -> dict[str, str]:
    """Return what is sent with a body: its id, the time of sending, and a signature of each kind and version.

    :param at: in UTC
    """
    second = int(at.timestamp())
    signed = f"{message}.{second}.{body}".encode()
    signatures = [
        each
        for pair in pairs
        for each in (
            Webhook(pair.secret).sign(message, at, body),
            f"v1a,{_text(_private(pair).sign(signed))}",
        )
    ]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(second),
        "webhook-signature": " ".join(signatures),
    }


def _private(pair: Pair) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(pair.seed)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
