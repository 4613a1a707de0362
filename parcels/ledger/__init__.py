"""The reciprocity ledger of an agreement: what each side did, as each side and the neutral agency state it.

A provider gives rows, or what is owed, for a scope; another kind of deed is one more function in its tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from django.db.models import Q

from exchanges import access
from exchanges.models import Agreement
from parcels.ledger import neighbours, obligations, parcels
from parcels.ledger.shapes import Balance, Count, Ledger, Obligation, Row, Scope
from people.actors import Actor

__all__ = ["Balance", "Count", "Ledger", "Obligation", "Row", "Scope", "ledger_of"]

ROWS: Final[tuple[Callable[[Scope], Iterable[Row]], ...]] = (
    parcels.targets,
    parcels.stated,
    parcels.letters,
    neighbours.visits,
    neighbours.returned,
)
OWED: Final[tuple[Callable[[Scope], Iterable[Obligation]], ...]] = (
    obligations.of_parcels,
    obligations.of_rounds,
    neighbours.visits_owed,
)


def ledger_of(agreement: Agreement, *, actor: Actor, now: datetime) -> Ledger:
    """Return the ledger as `actor`'s organisation may see it. Callers have asked whether it is theirs."""
    rounds = access.rounds(actor).filter(Q(agreement=agreement) | Q(consignments__terms__agreement=agreement))
    scope = Scope(agreement, list(rounds.distinct().order_by("opens_on", "pk")), actor, now)
    owed = [each for provider in OWED for each in provider(scope)]
    return Ledger(
        scope,
        [row for provider in ROWS for row in provider(scope)],
        parcels.balances(scope),
        sorted(owed, key=lambda each: (each.due_on, each.round, each.what, each.owed_by)),
    )
