"""Movements as partners are told of them: each endpoint hears what its system may read, once it may read it.

Movements are the outbox. They are taken up in the order of their transactions, once every earlier one has
ended; what becomes public later is looked at again then, and what a liaison releases as it is released. One
at a time takes up, and what it has written stands or falls with how far it got.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from parcels import access
from parcels.access import Told
from parcels.lifecycle import OBSERVE
from parcels.models import CustodyHead
from people import actors
from people.actors import Actor
from people.models import Endpoint
from people.relay import telling
from people.relay.queue import Claim

MOVED: Final = "parcel.moved"
OBSERVED: Final = "parcel.observed"
HEAD: Final = "log.head"
EVENTS: Final = (MOVED, OBSERVED, HEAD)
_HEADS_EVERY: Final = timedelta(minutes=5)
MOST: Final = 2_000
"""Movements in one go."""


def take_up() -> int:
    """Write what is to be told of what has happened; return how many movements and looks were taken up."""
    with transaction.atomic():
        if not _is_ours():
            return 0
        now = _now()
        moved = _taken("movement", _MOVED)
        released = _taken("release", _RELEASED)
        looked = _due(now)
        _look_later([pk for _, pk, _ in moved], [pk for _, pk, _ in released], now)
        again = {parcel for *_, parcel in released} | set(looked)
        _write([pk for _, pk, _ in moved], again, now)
        return len(moved) + len(released) + len(looked)


def tell_newest_head() -> int:
    """Tell partners of the last signed head before the five minutes that run, each once; return how many are.

    While parcels move there is a head every second, and each proves all before it.
    """
    now = _now()
    begun = now - timedelta(seconds=now.timestamp() % _HEADS_EVERY.total_seconds())
    head = CustodyHead.objects.filter(at__lt=begun).order_by("-size").first()
    if head is None:
        return 0
    told = {
        "size": head.size,
        "root": bytes(head.root).hex(),
        "key": head.key,
        "signature": bytes(head.signature).hex(),
    }
    return telling.tell_all(HEAD, f"head:{head.size}", told, head.at)


def may_be_told(claimed: Claim) -> bool:
    """Whether what a delivery tells may be read there now: rights may have ended since it was written."""
    client, event = claimed.endpoint.client, claimed.delivery.event
    if client is None or event not in (MOVED, OBSERVED):
        return True
    parcel, number = (int(each) for each in claimed.delivery.key.split(":"))
    try:
        actor = actors.of_client(client)
    except actors.NoGrant:
        return False
    seen = access.told_of(actor, Q(parcel=parcel, number=number), _now())
    return any(f'"status":"{each.status}"' in claimed.delivery.body for each in seen)


def _write(moved: Sequence[int], again: Collection[int], now: datetime) -> None:
    if not moved and not again:
        return
    which = Q(pk__in=moved) | Q(parcel__in=again)
    seen: dict[Actor, list[Told]] = {}
    for endpoint in telling.listening():
        actor = _reader(endpoint)
        if actor is not None:
            if actor not in seen:
                seen[actor] = access.told_of(actor, which, now)
            telling.tell(_events(endpoint, seen[actor], now))


def _events(endpoint: Endpoint, seen: Sequence[Told], now: datetime) -> Iterator[telling.Told]:
    for each in seen:
        event = OBSERVED if each.move == OBSERVE else MOVED
        if each.since >= endpoint.made_at and telling.wants(endpoint, event):
            data = {"number": each.parcel, "status": each.status}
            # Who reads what is published reads no times: it is told when it is.
            at = each.recorded_at or now
            yield telling.Told(endpoint.pk, event, f"{each.parcel_id}:{each.number}", at, data)


def _reader(endpoint: Endpoint) -> Actor | None:
    client = endpoint.client
    if client is None or not client.active:
        return None
    try:
        return actors.of_client(client)
    except actors.NoGrant:
        return None


# Who holds this row has both feeds.
_OURS: Final = "SELECT FROM parcels_feed WHERE name = 'movement' FOR UPDATE SKIP LOCKED"
_PLACE: Final = """
SELECT f.xact::text, f.row, pg_snapshot_xmin(s)::text, f.xact > pg_snapshot_xmax(s)
  FROM parcels_feed f, pg_current_snapshot() AS s WHERE f.name = %s
"""
_MOVED: Final = """
SELECT xact::text, id, parcel_id FROM parcels_movement
 WHERE (xact, id) > (%s::xid8, %s) AND xact < %s::xid8 ORDER BY xact, id LIMIT %s
"""
_RELEASED: Final = """
SELECT xact::text, id, parcel_id FROM parcels_publication
 WHERE released_by_id IS NOT NULL AND (xact, id) > (%s::xid8, %s) AND xact < %s::xid8
 ORDER BY xact, id LIMIT %s
"""
_DUE: Final = """
DELETE FROM parcels_outbox WHERE id IN (
    SELECT id FROM parcels_outbox WHERE look_at <= %s ORDER BY look_at LIMIT %s)
RETURNING parcel_id
"""
_LATER: Final = """
INSERT INTO parcels_outbox (parcel_id, look_at)
SELECT n.parcel_id, n.public_from FROM parcels_publication n
  JOIN parcels_movement m ON (m.parcel_id, m.number) = (n.parcel_id, n.number)
 WHERE m.id = ANY(%s) AND n.public_from > %s
 UNION SELECT parcel_id, public_from FROM parcels_publication WHERE id = ANY(%s) AND public_from > %s
    ON CONFLICT DO NOTHING
"""

Row = tuple[str, int, int]
"""Its transaction, its id, its parcel."""


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_OURS)
        return bool(cursor.rowcount)


def _taken(feed: str, statement: str) -> list[Row]:
    """Return the next rows of this feed, and remember how far that is."""
    (xact, row, below, is_elsewhere), *_ = _fetch(_PLACE, [feed])
    if is_elsewhere:
        # Restored into another cluster, whose transactions have smaller numbers: what was told is told once.
        xact, row = "0", 0
    rows: list[Row] = _fetch(statement, [xact, row, below, MOST])
    if rows:
        xact, row, _ = rows[-1]
    if rows or is_elsewhere:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE parcels_feed SET xact = %s::xid8, row = %s WHERE name = %s", [xact, row, feed]
            )
    return rows


def _due(now: datetime) -> list[int]:
    return [parcel for (parcel,) in _fetch(_DUE, [now, MOST])]


def _look_later(moved: list[int], released: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LATER, [moved, now, released, now])


def _now() -> datetime:
    ((now,),) = _fetch("SELECT clock_timestamp()", [])
    moment: datetime = now
    return moment


def _fetch(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
