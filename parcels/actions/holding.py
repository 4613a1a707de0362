"""Parcels held under lock for one call of `advance`, with what the checks need of their rounds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from exchanges.models import Round
from parcels.actions import binary
from parcels.lifecycle import Status


class Held:
    """A locked parcel as it will be written: steps change it in order, nothing else reads the row again."""

    id: int
    number: str
    last_number: int
    frozen: bool
    consignment: int | None
    holder: int | None
    held_from: int | None
    tie_checked_by: int | None
    recipient: int
    gross_mass_g: int | None
    since: datetime
    # The delay of the terms it left with; None before it leaves.
    left_with_delay: int | None

    __slots__ = (
        "changed",
        "consignment",
        "frozen",
        "gross_mass_g",
        "held_from",
        "holder",
        "id",
        "last_number",
        "left_with_delay",
        "number",
        "recipient",
        "round",
        "since",
        "status",
        "tie_checked_by",
    )

    def __init__(self, row: tuple[Any, ...], rounds: dict[int, Round]) -> None:
        (
            self.id,
            self.number,
            round_id,
            status,
            self.last_number,
            self.frozen,
            self.consignment,
            self.holder,
            self.held_from,
            self.tie_checked_by,
            self.recipient,
            self.gross_mass_g,
            self.since,
            self.left_with_delay,
        ) = row
        self.status = Status(status)
        self.round = rounds[round_id]
        self.changed = False

    def copy(self) -> Held:
        twin = object.__new__(Held)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    @property
    def public_delay_days(self) -> int:
        its_own = self.left_with_delay
        return self.round.terms.public_delay_days if its_own is None else its_own

    def left(self) -> bool:
        """Whether it has travelled: what happens then becomes public with the delay of the terms."""
        return self.consignment is not None and self.status not in _AT_HOME


def newborn(pk: int, number: str, round_: Round, recipient: int, now: datetime) -> Held:
    """Return a parcel that is being registered: no row yet, and nobody else to lock it against."""
    nowhere = (None, None, None, None)  # in no consignment, held by nobody
    row = (pk, number, round_.pk, Status.REGISTERED, 1, False, *nowhere, recipient, None, now, None)
    return Held(row, {round_.pk: round_})


_AT_HOME = frozenset(
    {
        Status.REGISTERED,
        Status.ACCEPTED,
        Status.IN_REVIEW,
        Status.REFUSED,
        Status.CLEARED,
        Status.PACKED,
        Status.CANCELLED,
    }
)

_LOCK = """
SELECT id, number, round_id, status, last_number, frozen, consignment_id, holder_id, held_from,
       tie_checked_by_id, recipient_id, gross_mass_g, status_since,
       (SELECT t.public_delay_days FROM parcels_consignment c JOIN exchanges_terms t ON t.id = c.terms_id
         WHERE c.id = consignment_id)
  FROM parcels_parcel WHERE number = ANY(%b) ORDER BY id FOR UPDATE
"""


def hold(numbers: Collection[str]) -> dict[str, Held]:
    """Lock the parcels in id order, so that no two calls wait for each other, and return them by number."""
    with binary.cursor() as cursor:
        # What is no number at all, the database could not even ask for.
        cursor.execute(_LOCK, [[each for each in set(numbers) if each.isascii() and each.isalnum()]])
        rows = cursor.fetchall()
    rounds = {
        found.pk: found
        for found in Round.objects.filter(pk__in={row[2] for row in rows}).select_related(
            "agreement", "terms", "sending", "holding", "neutral"
        )
    }
    return {row[1]: Held(row, rounds) for row in rows}


def today(round_: Round, now: datetime) -> date:
    """Return the date where the sending office is: dates and terms count in its time zone."""
    return now.astimezone(ZoneInfo(round_.sending.time_zone)).date()
