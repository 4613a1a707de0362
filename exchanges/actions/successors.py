"""A round that goes on under the successor of its agreement."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from exchanges.actions.postponing import as_it_was, keep
from exchanges.actions.steps import locked
from exchanges.models import Agreement, Round, RoundChange, Terms
from people.actors import Actor, announce


@transaction.atomic
def carry_over(round_: Round, successor: Agreement, *, by: Actor) -> bool:
    """Let a round go on under the terms in force of its agreement's successor; return whether it does now.

    What has left keeps the terms it left with. What waits is screened again, also where the new terms name
    new intakes only: under this agreement it never was.
    """
    announce(by)
    terms = successor.terms.filter(status=Terms.Status.IN_FORCE).first()
    round_ = locked(round_, "terms")
    if terms is None or round_.agreement_id != successor.succeeds_id:
        return False
    # Taken under the lock: whoever screens holds the round, and what was screened before then is older.
    now = _database_time()
    keep(as_it_was(round_, RoundChange.Step.CARRIED_OVER, by, now), round_)
    Round.objects.filter(pk=round_.pk).update(agreement=successor, terms=terms, carried_over_at=now)
    return True


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now
