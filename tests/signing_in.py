"""Being in, as one is after both factors: a password alone opens nothing."""

from datetime import datetime

from django.test import Client
from django.utils import timezone

from people.models import Staff, StaffSession
from people.signin.passwords import BACKEND


def signed_in(member: Staff, *, fresh_at: datetime | None = None, client: Client | None = None) -> Client:
    """Return a browser in which `member` came in by a passkey, just now or at `fresh_at`."""
    client, now = client or Client(), timezone.now()
    client.force_login(member, backend=BACKEND)
    StaffSession.objects.create(
        staff=member,
        session_key=client.session.session_key,
        way=StaffSession.Way.PASSKEY,
        began_at=now,
        seen_at=now,
        fresh_at=fresh_at or now,
        browser="Firefox",
    )
    return client
