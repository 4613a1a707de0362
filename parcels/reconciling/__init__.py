"""Whether what is kept of parcels agrees with itself. What does not is reported and frozen, never repaired.

A difference is a row, an alarm and a line of the log. Its parcel is frozen once, when it is first found:
whether it goes on is for two officers, who release it as any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from django.db import connection, transaction

from parcels.models import Difference, Reconciliation
from parcels.reconciling.histories import Row, compare, shares
from people import alarms, audit
from people.acts import Act
from people.models import Alarm

Kind = Difference.Kind
_MOST_KEPT: Final = 10_000
"""Differences that are kept of one run: who has more needs no list but a backup."""

log = structlog.get_logger(__name__)


class Found(NamedTuple):
    kind: str
    parcel: int | None = None
    consignment: int | None = None
    round: int | None = None
    work: str = ""
    number: int | None = None
    expected: str = ""
    found: str = ""

    @property
    def subject(self) -> tuple[str, int | None, int | None, int | None, str]:
        return self.kind, self.parcel, self.consignment, self.round, self.work


class Outcome(NamedTuple):
    movements: int
    found: list[Found]


def look() -> Outcome:
    """Compare all there is, and change nothing."""
    found: list[Found] = []
    accounts = _Accounts()
    movements = 0
    for after, upto in shares():
        for row in compare(after, upto):
            if row.kind == "movements":
                movements += row.number or 0
            elif row.kind in ("in", "out"):
                accounts.enter(row)
            else:
                found.append(_found(row))
    return Outcome(movements, _first_of_each([*found, *accounts.open()]))


class _Accounts:
    """What went into each round and consignment by movements, and where its parcels now are by their rows."""

    def __init__(self) -> None:
        self._went_in: Counter[tuple[int | None, int | None]] = Counter()
        self._are_out: Counter[tuple[int | None, int | None]] = Counter()

    def enter(self, row: Row) -> None:
        side = self._went_in if row.kind == "in" else self._are_out
        side[row.consignment, row.round] += row.number or 0

    def open(self) -> Iterable[Found]:
        for consignment, round_ in self._went_in.keys() | self._are_out.keys():
            went_in, are_out = self._went_in[consignment, round_], self._are_out[consignment, round_]
            if went_in != are_out:
                yield Found(
                    Kind.CONSERVATION, consignment=consignment, round=round_,
                    expected=f"{went_in} went in", found=f"{are_out} are there, came out or were written off",
                )  # fmt: skip


def _found(row: Row) -> Found:
    return Found(
        row.kind, row.parcel, number=row.number, expected=(row.expected or "")[:100],
        found=(row.found or "")[:100],
    )  # fmt: skip


def _first_of_each(found: Iterable[Found]) -> list[Found]:
    """Return of each kind and subject the first that shows: what follows from it says nothing more."""
    first: dict[tuple[object, ...], Found] = {}
    for each in sorted(found, key=lambda each: each.number or 0):
        first.setdefault(each.subject, each)
    return sorted(first.values(), key=lambda each: (each.kind, each.parcel or 0))


def reconcile(left: Sequence[Found] = ()) -> Outcome:
    """Look, keep what was found, freeze the parcels it is about, and raise an alarm where something is new.

    :param left: differences that others found, to be kept with them
    """
    run = Reconciliation.objects.create()
    run.refresh_from_db()
    seen = look()
    outcome = Outcome(seen.movements, [*seen.found, *left])
    with transaction.atomic():
        new = _keep(outcome.found[:_MOST_KEPT])
        if len(outcome.found) <= _MOST_KEPT:
            _close_others(run.began_at)
        if new:
            _freeze([each.parcel for each in new if each.parcel is not None])
            _report(new)
        _end(run, outcome)
    return outcome


_KEEP: Final = """
INSERT INTO parcels_difference AS d (kind, parcel_id, consignment_id, round_id, work, number, expected, found)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::text[],
                     %s::text[])
ON CONFLICT (kind, parcel_id, consignment_id, round_id, work) WHERE gone_at IS NULL
DO UPDATE SET seen_at = clock_timestamp(), number = EXCLUDED.number, expected = EXCLUDED.expected,
              found = EXCLUDED.found
RETURNING xmax = 0
"""


def _keep(found: Sequence[Found]) -> list[Found]:
    """Return those that were not known before."""
    if not found:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [list(column) for column in zip(*found, strict=True)])
        return [each for each, (is_new,) in zip(found, cursor.fetchall(), strict=True) if is_new]


def _close_others(began_at: datetime) -> None:
    """What is found no more somebody repaired; the row tells when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parcels_difference SET gone_at = clock_timestamp()"
            " WHERE gone_at IS NULL AND seen_at < %s",
            [began_at],
        )


def _freeze(parcels: Sequence[int]) -> None:
    """Set the mark alone: a movement that said so might not fit upon a history that is wrong."""
    if not parcels:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parcels_parcel SET frozen = true WHERE id = ANY(%s) AND NOT frozen RETURNING id",
            [list(parcels)],
        )
        frozen = sorted(pk for (pk,) in cursor.fetchall())
    if frozen:
        audit.record(audit.By.WORKER, Act.FROZEN_BY_DIFFERENCE, "parcel", frozen)


def _report(new: Sequence[Found]) -> None:
    for kind, many in sorted(Counter(each.kind for each in new).items()):
        log.critical("difference_found", kind=str(kind), size=many)
    alarms.sound(Alarm.Kind.DIFFERENCE, audit.By.WORKER)


def _end(run: Reconciliation, outcome: Outcome) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parcels_reconciliation SET ended_at = clock_timestamp(), movements = %s, differences = %s"
            " WHERE id = %s",
            [outcome.movements, len(outcome.found), run.pk],
        )
        # A day of them tells how often one looks; what was found has rows of its own.
        cursor.execute(
            "DELETE FROM parcels_reconciliation WHERE began_at < clock_timestamp() - interval '1 day'"
        )
