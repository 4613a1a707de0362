"""After a key was rotated, what lies under an older version is brought to the one in use, batch by batch.

It begins once every process has noticed which version that is. With one live version of each key, and all
values bound to their rows, there is nothing to ask the database for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from parcels import receipt_codes
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, line_row
from parcels.models import Parcel
from parcels.settling import NOTE_PLACE
from parcels.workers.batches import Stop
from people.rekeying import BATCH, PEOPLE, Rewriting, under_person

SETTLED_S: Final = 5.0
"""After so long no process uses an older version for anything new."""


def lookup_left() -> int:
    return _under_older().count()


@transaction.atomic
def lookup_batch(after: int) -> list[int]:
    """Hash the receipt codes anew, made from their seeds."""
    current = settings.KEYS.current("lookup")
    rows = list(
        _under_older()
        .select_for_update(of=("self",), skip_locked=True)
        .filter(pk__gt=after)
        .order_by("pk")
        .values_list("pk", "seed", "code_key_version")[:BATCH]
    )
    anew = [(pk, receipt_codes.hash_of(seed, version, current)) for pk, seed, version in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parcels_parcel p SET code_hash = n.hash, lookup_key_version = %s"
            " FROM unnest(%s::bigint[], %s::bytea[]) AS n (id, hash) WHERE p.id = n.id",
            [current, [pk for pk, _ in anew], [each for _, each in anew]],
        )
    return [pk for pk, *_ in rows]


def _under_older() -> QuerySet[Parcel]:
    return Parcel.objects.exclude(code_hash=None).exclude(lookup_key_version=settings.KEYS.current("lookup"))


REWRITINGS: Final = (
    *PEOPLE,
    Rewriting("lookup", "receipt codes", lookup_left, lookup_batch),
    under_person(
        "parcels_line", "sealed_description", LINE_PLACE, named_by="t.parcel_id, t.number", row=line_row,
        person="(SELECT sender_id FROM parcels_parcel WHERE id = t.parcel_id)",
    ),
    under_person("parcels_parcel", "sealed_relationship", RELATIONSHIP_PLACE, person="t.sender_id"),
    under_person("parcels_note", "sealed", NOTE_PLACE),
)  # fmt: skip


Show = Callable[[Rewriting, int], None]
_LONG_S: Final = 900.0
"""No transaction that still used an older version is under way after so long."""
_finished: set[tuple[str, int]] = set()


def drain(stop: Stop, show: Show = lambda each, rows: None) -> int:
    """Rewrite what is due, and return how many rows it was; `show` is told of each batch."""
    return sum(rewrite(each, stop, show) for each in REWRITINGS if is_due(each))


def is_due(rewriting: Rewriting) -> bool:
    """Whether a version was put to use that all know by now, and an older one is still live.

    Values are bound to their rows along with a rotation of the key-encryption key.
    """
    versions = settings.KEYS.versions("kek" if rewriting.key == "row" else rewriting.key)
    if len(versions.texts) == 1 or (rewriting.what, versions.current) in _finished:
        return False
    return time.time() - versions.since[versions.current] > SETTLED_S


def rewrite(rewriting: Rewriting, stop: Stop, show: Show) -> int:
    done, after = 0, 0
    while not stop():
        ids = rewriting.batch(after)
        if not ids:
            _remember(rewriting, done)
            break
        done, after = done + len(ids), ids[-1]
        show(rewriting, len(ids))
    return done


def _remember(rewriting: Rewriting, done: int) -> None:
    """Ask no more for what cannot come back."""
    versions = settings.KEYS.versions("kek" if rewriting.key == "row" else rewriting.key)
    if not done and time.time() - versions.since[versions.current] > _LONG_S:
        _finished.add((rewriting.what, versions.current))


def under_versions(name: str) -> dict[str, dict[int, int]]:
    """Return what lies under each version of a key: what it is → version → rows."""
    return {what: dict(_fetch(statement, [])) for what, statement in _LYING.get(name, {}).items()}


def needing(name: str, version: int) -> dict[str, int]:
    """Return what would be lost with a version: what it is → rows."""
    under = {what: rows.get(version, 0) for what, rows in under_versions(name).items()}
    since = settings.KEYS.versions(name).since[settings.KEYS.current(name)]
    for what, statement in _MADE_BEFORE.get(name, {}).items():
        ((_, under[what]),) = _fetch(statement, [since])
    return under


_LYING: Final = {
    "kek": {
        "keys of people": "SELECT kek_version, count(*) FROM people_personkey GROUP BY 1",
        "keys of subjects": "SELECT kek_version, count(*) FROM people_datakey GROUP BY 1",
        "keys of list entries": "SELECT kek_version, count(*) FROM people_listentry"
        " WHERE wrapped <> '' GROUP BY 1",
        "secrets of endpoints": "SELECT kek_version, count(*) FROM people_endpointkey GROUP BY 1",
    },
    "search": {
        "people found by their names": "SELECT search_version, count(*) FROM people_person GROUP BY 1",
        # What was registered before these hashes were made with the sender's key, in rounds under way.
        "declarations": "SELECT 1, count(*) FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id"
        " WHERE length(p.content_hash) = 16 AND r.status NOT IN ('reported', 'cancelled')",
    },
    "code": {
        "receipt codes": "SELECT code_key_version, count(*) FROM parcels_parcel"
        " WHERE code_hash IS NOT NULL GROUP BY 1"
    },
    "lookup": {
        "receipt codes": "SELECT lookup_key_version, count(*) FROM parcels_parcel"
        " WHERE code_hash IS NOT NULL GROUP BY 1"
    },
}
# What says no version: it is under an older one if it was made before the present one was put to use.
_MADE_BEFORE: Final = {
    "search": {
        "saved replies": "SELECT 0, count(*) FROM people_savedreply"
        " WHERE saved_at < to_timestamp(%s) AND saved_at > clock_timestamp() - interval '30 days'"
    },
    "secret": {
        "sessions": "SELECT 0, count(*) FROM django_session WHERE expire_date > clock_timestamp()"
        f" AND expire_date < to_timestamp(%s) + interval '{settings.SESSION_COOKIE_AGE} s'"
    },
}


def _fetch(statement: str, parameters: list[float]) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[int, int]] = cursor.fetchall()
        return rows
