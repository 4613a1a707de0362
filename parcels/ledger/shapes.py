"""What a ledger is made of. A count is one source's word on one direction; counts are never added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from exchanges.models import Agreement, Round
from people.actors import Actor


class Count(NamedTuple):
    """So many, from one side to the other; `source` is the code of the organisation whose word it is.

    `on` is the day of the newest record that was counted, None where there was none.
    """

    sending: str
    holding: str
    value: int
    source: str
    scope: str
    on: date | None


class Row(NamedTuple):
    key: str
    label: str
    counts: tuple[Count, ...]


class Balance(NamedTuple):
    """A round beside its mirror. A report: nothing demands that the two be equal."""

    round: str
    mirror: str
    target: int
    mirror_target: int
    left: int
    mirror_left: int


class Obligation(NamedTuple):
    """How many of what are owed, by whom, and on which day they were due."""

    what: str
    owed_by: str
    round: str
    many: int
    due_on: date


@dataclass(frozen=True)
class Scope:
    """For whom a ledger is made, of what, and when. Providers of rows ask nothing else."""

    agreement: Agreement
    rounds: Sequence[Round]
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class Ledger:
    scope: Scope
    rows: Sequence[Row]
    balances: Sequence[Balance]
    obligations: Sequence[Obligation]
