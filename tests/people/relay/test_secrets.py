"""What a webhook is signed with, against the standard's own example and library."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from people.models import Endpoint
from people.relay import secrets
from people.relay.secrets import Pair
from tests import factories

BODY = '{"type":"parcel.moved"}'
OURS, OLD = Pair(b"o" * 32, b"p" * 32), Pair(b"q" * 32, b"r" * 32)


def test_v1_signature_is_that_of_the_standards_example() -> None:
    """The example that the Standard Webhooks libraries are tested by."""
    example = Pair(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), bytes(32))
    at = datetime.fromtimestamp(1614265330, UTC)

    sent = secrets.headers([example], "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)

    assert sent["webhook-timestamp"] == "1614265330"
    assert sent["webhook-signature"].split()[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_library_of_the_standard_verifies_it() -> None:
    sent = secrets.headers([OURS], "msg_1", BODY, datetime.now(UTC))

    assert Webhook(OURS.secret_text).verify(BODY, sent) == {"type": "parcel.moved"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OURS.secret_text).verify(BODY.replace("moved", "mover"), sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD.secret_text).verify(BODY, sent)


def test_while_it_rotates_both_secrets_verify_it() -> None:
    sent = secrets.headers([OURS, OLD], "msg_1", BODY, datetime.now(UTC))

    for pair in (OURS, OLD):
        Webhook(pair.secret_text).verify(BODY, sent)
    assert [each.split(",")[0] for each in sent["webhook-signature"].split()] == ["v1", "v1a"] * 2


def test_v1a_signature_verifies_with_the_public_key_alone(db: None) -> None:
    key = secrets.make(endpoint())
    sent = secrets.headers([secrets.opened(key)], "msg_1", BODY, datetime.now(UTC))

    public = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(secrets.public_text(key).removeprefix("whpk_"))
    )
    signature = base64.b64decode(sent["webhook-signature"].split()[1].removeprefix("v1a,"))
    public.verify(signature, f"msg_1.{sent['webhook-timestamp']}.{BODY}".encode())
    with pytest.raises(InvalidSignature):
        public.verify(signature, f"msg_2.{sent['webhook-timestamp']}.{BODY}".encode())


def test_secret_is_kept_wrapped_and_opens_in_its_own_row_alone(db: None) -> None:
    first, second = secrets.make(endpoint()), secrets.make(endpoint())
    pair = secrets.opened(first)

    assert pair.secret not in bytes(first.wrapped)
    assert len(pair.secret) == len(pair.seed) == 32
    assert pair != secrets.opened(second)
    second.wrapped = first.wrapped
    with pytest.raises(InvalidTag):
        secrets.opened(second)


def endpoint() -> Endpoint:
    client = factories.client(factories.organisation(f"office-{Endpoint.objects.count()}"), "liaison")
    return Endpoint.objects.create(
        client=client, organisation=client.organisation, address="https://partner.example/"
    )
