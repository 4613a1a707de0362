"""What left the house, by the partners' own file of calls, against what the database says was delivered."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]


class Call(NamedTuple):
    sha256: str
    taken: bool
    at: float


class Delivery(NamedTuple):
    reference: str
    endpoint: int
    sha256: str
    state: str
    attempts: int


class Effects(NamedTuple):
    deliveries: Sequence[Delivery]
    calls: Mapping[str, Sequence[Call]]
    untold: Sequence[str]
    """Movements that were recorded while an endpoint listened to all, and that it was never to be told."""


_DELIVERIES: Final = """
SELECT d.reference, d.endpoint_id, d.body, d.state, d.attempts FROM people_delivery d
  JOIN people_endpoint e ON e.id = d.endpoint_id WHERE e.kind = 'webhook' ORDER BY d.id
"""
# The sending organisation's own system, a dispatcher's and liaison's, reads every movement of its round.
_UNTOLD: Final = """
SELECT p.number || ' ' || m.number FROM people_endpoint e JOIN people_client c ON c.id = e.client_id
  JOIN exchanges_round r ON r.sending_id = c.organisation_id
  JOIN parcels_parcel p ON p.round_id = r.id JOIN parcels_movement m ON m.parcel_id = p.id
 WHERE e.address = %s AND m.recorded_at >= e.made_at
   AND NOT EXISTS (SELECT FROM people_delivery d
                    WHERE d.endpoint_id = e.id AND d.key = m.parcel_id || ':' || m.number)
"""


def read(connection: Connection, calls: Path, hears_all: str) -> Effects:
    """:param hears_all: the address of the endpoint that is told of every movement"""
    found: dict[str, list[Call]] = defaultdict(list)
    for line in calls.read_text().splitlines() if calls.exists() else ():
        told = json.loads(line)
        found[told["id"].removeprefix("msg_")].append(Call(told["sha256"], told["taken"], told["at"]))
    if not _is_there(connection):
        return Effects([], found, [])
    deliveries = [
        Delivery(reference, endpoint, hashlib.sha256(body.encode()).hexdigest(), state, attempts)
        for reference, endpoint, body, state, attempts in connection.execute(_DELIVERIES)
    ]
    return Effects(deliveries, found, untold(connection, hears_all))


def untold(connection: Connection, hears_all: str) -> list[str]:
    """Return the movements of which the endpoint at that address is not told, nor will be as it stands."""
    return [what for (what,) in connection.execute(_UNTOLD, [hears_all])]


def _is_there(connection: Connection) -> bool:
    row = connection.execute("SELECT to_regclass('people_delivery') IS NOT NULL").fetchone()
    return bool(row and row[0])


def never_told(effects: Effects) -> Iterator[str]:
    """Yield what counts as delivered and was never taken, what still waits, and what was left out."""
    for each in effects.deliveries:
        if each.state == "delivered" and not any(
            call.taken for call in effects.calls.get(each.reference, [])
        ):
            yield f"{each.reference}: delivered, and no partner took it"
        elif each.state != "delivered":
            yield f"{each.reference}: {each.state} after {each.attempts} attempts"
    for what in effects.untold:
        yield f"{what}: was to be told, and is in no delivery"


def told_differently(effects: Effects) -> Iterator[str]:
    """Yield each call that is not of one delivery with its one body."""
    bodies = {each.reference: each.sha256 for each in effects.deliveries}
    for reference, calls in effects.calls.items():
        if reference not in bodies:
            yield f"{reference}: was told, and is no delivery"
        elif {call.sha256 for call in calls} != {bodies[reference]}:
            yield f"{reference}: was told with another body"


def told_uncounted(effects: Effects) -> Iterator[str]:
    """Yield what was told more often than it was claimed: each attempt counts before it is made."""
    for each in effects.deliveries:
        times = len(effects.calls.get(each.reference, []))
        if times > each.attempts:
            yield f"{each.reference}: told {times} times, and counted {each.attempts}"


def told_out_of_order(effects: Effects) -> Iterator[str]:
    """Yield what an endpoint took for the first time before it took what came first."""
    last: dict[int, tuple[float, str]] = {}
    for each in effects.deliveries:
        taken = [call.at for call in effects.calls.get(each.reference, []) if call.taken]
        if not taken:
            continue
        before = last.get(each.endpoint)
        if before and min(taken) < before[0]:
            yield f"{each.reference}: was taken before {before[1]}"
        last[each.endpoint] = max(before or (0.0, ""), (min(taken), each.reference))
