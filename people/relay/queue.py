"""Claims and ends, in PostgreSQL and by its clock: who holds an endpoint's lease sends what is next there.

A claim takes the lease under a random token, counts the attempt and commits. An end counts only while that
token is the endpoint's: who was paused past his lease changes nothing, and what he sent is sent again.
"""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from structlog import get_logger

from people import crashing
from people.models import Delivery, Endpoint
from people.relay import telling
from people.relay.schedule import ATTEMPTS, SLOW_MS, Outcome, wait_s

log = get_logger(__name__)

DISABLED: Final = "webhook.disabled"


class Claim(NamedTuple):
    lease: uuid.UUID
    endpoint: Endpoint
    delivery: Delivery


# Whoever waited longest comes first, so that no endpoint waits for another's long list.
_LEASE: Final = """
UPDATE people_endpoint SET lease = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
 WHERE id = (SELECT e.id FROM people_endpoint e
              WHERE e.disabled_at IS NULL AND e.closed_at IS NULL AND e.next_try_at <= clock_timestamp()
                AND (e.lease_until IS NULL OR e.lease_until < clock_timestamp())
                AND (%s OR NOT e.slow)
                AND EXISTS (SELECT FROM people_delivery d WHERE d.endpoint_id = e.id AND d.state = 'waiting')
                AND (e.client_id IS NULL OR EXISTS (
                        SELECT FROM people_client c JOIN people_grant g ON g.client_id = c.id
                         WHERE c.id = e.client_id AND c.active AND NOT g.waits
                           AND g.from_at <= clock_timestamp()
                           AND (g.until_at IS NULL OR g.until_at > clock_timestamp())))
              ORDER BY e.next_try_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED)
RETURNING id
"""
_COUNT: Final = """
UPDATE people_delivery SET attempts = attempts + 1, tried_at = clock_timestamp()
 WHERE id = (SELECT id FROM people_delivery WHERE endpoint_id = %s AND state = 'waiting' ORDER BY id LIMIT 1)
   AND attempts < %s
RETURNING id
"""


def claim(*, slow_too: bool = True) -> Claim | None:
    """Claim what is next at an endpoint where something is due, its attempt counted, or None."""
    while True:
        with transaction.atomic():
            endpoint = _take(lease := uuid.uuid4(), slow_too)
            if endpoint is None:
                return None
            delivery = _count(endpoint)
            claimed = Claim(lease, endpoint, delivery) if delivery else None
            if claimed is None and not _spent(endpoint):
                # Another sent the last of it between our look and our lock.
                transaction.set_rollback(True)
        if claimed is not None:
            return claimed
        for spent in _spent(endpoint):
            # Whoever made the last attempt did not live to say what came of it.
            finish(Claim(lease, endpoint, spent), Outcome("no end of the last attempt"), None)


def _take(lease: uuid.UUID, slow_too: bool) -> Endpoint | None:
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, [lease, settings.RELAY_LEASE_S, slow_too])
        taken = cursor.fetchone()
    return Endpoint.objects.select_related("organisation").get(pk=taken[0]) if taken else None


def _count(endpoint: Endpoint) -> Delivery | None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [endpoint.pk, ATTEMPTS])
        counted = cursor.fetchone()
    return Delivery.objects.get(pk=counted[0]) if counted else None


def _spent(endpoint: Endpoint) -> list[Delivery]:
    """Return what is next there, if it has had all its attempts."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING)
    return [each for each in waiting.order_by("pk")[:1] if each.attempts >= ATTEMPTS]


_GIVE_BACK: Final = """
UPDATE people_endpoint
   SET lease = NULL, lease_until = NULL, slow = %s,
       next_try_at = clock_timestamp() + make_interval(secs => %s * (1 + 0.05 * random())),
       answered_at = CASE WHEN %s THEN clock_timestamp() ELSE answered_at END
 WHERE id = %s AND lease = %s
"""


def finish(claimed: Claim, outcome: Outcome, took_ms: int | None) -> bool:
    """Write in one commit what came of it; return False, and write nothing, where the lease is another's."""
    wait = 0 if outcome.delivered else wait_s(claimed.delivery.attempts, outcome)
    with transaction.atomic():
        if not _give_back(claimed, outcome, wait or 0, took_ms):
            log.warning("relay_fenced_out", delivery=claimed.delivery.reference)
            return False
        Delivery.objects.filter(pk=claimed.delivery.pk).update(
            reason=outcome.reason, took_ms=took_ms, **_end(outcome, wait)
        )
        if claimed.endpoint.kind == Endpoint.Kind.WEBHOOK and (outcome.gone or wait is None):
            _disable(claimed, outcome)
        crashing.reached("relay.before_commit")
    _say(claimed, outcome, took_ms)
    return True


def withhold(claimed: Claim) -> bool:
    """End it without sending: what it tells may not be read there any more."""
    with transaction.atomic():
        if not _give_back(claimed, None, 0, None):
            return False
        Delivery.objects.filter(pk=claimed.delivery.pk).update(
            state=Delivery.State.WITHHELD, ended_at=Now(), reason=""
        )
    return True


def _give_back(claimed: Claim, outcome: Outcome | None, wait: int, took_ms: int | None) -> bool:
    is_slow = claimed.endpoint.slow if took_ms is None else took_ms >= SLOW_MS
    delivered = outcome is not None and outcome.delivered
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [is_slow, wait, delivered, claimed.endpoint.pk, claimed.lease])
        return bool(cursor.rowcount)


def _end(outcome: Outcome, wait: int | None) -> dict[str, object]:
    if outcome.delivered:
        return {"state": Delivery.State.DELIVERED, "ended_at": Now()}
    if wait is None:
        return {"state": Delivery.State.QUARANTINED, "ended_at": Now()}
    return {}


def _disable(claimed: Claim, outcome: Outcome) -> None:
    """Send nothing there any more until somebody has looked, and tell the partner's contact."""
    endpoint = claimed.endpoint
    because = Endpoint.Because.GONE if outcome.gone else Endpoint.Because.EXHAUSTED
    Endpoint.objects.filter(pk=endpoint.pk).update(disabled_at=Now(), disabled_because=because)
    if endpoint.contact:
        telling.mail(
            endpoint.contact, endpoint, DISABLED, f"disabled:{claimed.lease.hex}",
            "Lifeline: a webhook of yours was disabled", _text(endpoint, because, outcome),
        )  # fmt: skip


def _text(endpoint: Endpoint, because: Endpoint.Because, outcome: Outcome) -> str:
    return (
        f"The webhook {endpoint.reference} of {endpoint.organisation.code} was disabled: {because.label}"
        f" ({outcome.reason}).\n\n"
        "Nothing is sent there until you enable it again: POST"
        f" {settings.PUBLIC_URL}/api/v1/webhooks/{endpoint.reference}/enable/\n"
        "What happens meanwhile waits for it, and what was not delivered is in its log of deliveries.\n"
    )


def _say(claimed: Claim, outcome: Outcome, took_ms: int | None) -> None:
    if not outcome.delivered:
        log.warning(
            "not_delivered",
            delivery=claimed.delivery.reference,
            endpoint=claimed.endpoint.reference,
            attempt=claimed.delivery.attempts,
            reason=outcome.reason,
            took_ms=took_ms,
        )
