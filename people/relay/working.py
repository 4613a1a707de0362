"""Sending what is due, by several senders at once: one partner's silence is no other's.

Half of the senders go only where the last answer was quick. So whoever is slow, or dead, can hold up the
other half, and those alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from people import crashing
from people.locking import Locked
from people.models import Endpoint
from people.relay import addresses, mailing, queue, secrets, sending, telling
from people.relay.queue import Claim
from people.relay.schedule import Outcome

SENDERS: Final = 8

Stop = Callable[[], bool]
MayBeTold = Callable[[Claim], bool]
"""Whether what a delivery tells may be read by whom it is for, now."""

log = structlog.get_logger(__name__)


def deliver(stop: Stop, may_be_told: MayBeTold, senders: int = SENDERS) -> int:
    """Send until nothing is due or `stop` says so; return how many were sent or given up."""
    with ThreadPoolExecutor(senders, thread_name_prefix="sender") as pool:
        lanes = [pool.submit(_closing, stop, may_be_told, number % 2 == 0) for number in range(senders)]
    return sum(lane.result() for lane in lanes)


def _closing(stop: Stop, may_be_told: MayBeTold, slow_too: bool) -> int:
    try:
        return _lane(stop, may_be_told, slow_too)
    finally:
        connections.close_all()


def start(
    stopping: threading.Event, may_be_told: MayBeTold, every_s: float, senders: int = SENDERS
) -> list[threading.Thread]:
    """Start senders that go on until `stopping`, each with what it is at; return them, to be waited for."""

    def keep_sending(slow_too: bool) -> None:
        while not stopping.is_set():
            _lane(stopping.is_set, may_be_told, slow_too)
            stopping.wait(every_s)
        connections.close_all()

    lanes = [
        threading.Thread(target=keep_sending, args=(number % 2 == 0,), name=f"sender-{number}")
        for number in range(senders)
    ]
    for lane in lanes:
        lane.start()
    return lanes


def _lane(stop: Stop, may_be_told: MayBeTold, slow_too: bool) -> int:
    done = 0
    try:
        while not stop() and send_next(may_be_told, slow_too=slow_too):
            done += 1
    except (DatabaseError, InterfaceError) as error:
        # The claim is left to its lease.
        log.error("sender_failed", error=type(error).__name__)
        connections.close_all()
    except Locked:
        log.warning("sender_waits_for_the_keys")
    return done


def send_next(may_be_told: MayBeTold, *, slow_too: bool = True) -> bool:
    """Send what is next at one endpoint; return whether there was anything."""
    if not settings.KEYS.can_unwrap():
        return False  # locked: it waits, and nothing counts as tried
    claimed = queue.claim(slow_too=slow_too)
    if claimed is None:
        return False
    if not may_be_told(claimed):
        queue.withhold(claimed)
        return True
    crashing.reached("relay.claimed")
    began = time.monotonic()
    outcome = _sent(claimed)
    took_ms = round((time.monotonic() - began) * 1000)
    crashing.reached("relay.sent")
    queue.finish(claimed, outcome, took_ms)
    crashing.reached("relay.committed")
    return True


def _sent(claimed: Claim) -> Outcome:
    endpoint, delivery = claimed.endpoint, claimed.delivery
    message = telling.message_id(delivery.reference)
    if endpoint.kind == Endpoint.Kind.MAIL:
        return mailing.post(endpoint.address, delivery.body, message)
    try:
        target = addresses.parsed(endpoint.address, settings.WEBHOOK_EXCEPTIONS)
    except addresses.Unfit:
        return Outcome("address not allowed")
    # By the database's clock, as it was claimed.
    at = delivery.tried_at or delivery.made_at
    headers = secrets.headers(secrets.live(endpoint.pk), message, delivery.body, at)
    return sending.post(target, delivery.body, headers, sending.Limits(total_s=settings.WEBHOOK_TIMEOUT_S))
