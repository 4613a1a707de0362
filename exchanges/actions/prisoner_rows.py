"""People on the lists of an exchange: found and locked, and each of their steps kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from exchanges.actions.prisoners import STEP_NOTE, officer, sealed
from exchanges.actions.steps import NotPossible
from exchanges.models import Exchange, ListedPerson, ListedStep
from exchanges.queries.prisoners import STAGE_KIND
from people import approvals, bulk
from people.actors import Actor

FINISH: Final = "stage_finish"


def listed(exchange: Exchange, references: Collection[str]) -> list[ListedPerson]:
    """Return the rows of people who are on a list now, locked.

    :raises NotPossible: if one is not
    """
    rows = list(
        exchange.people.select_for_update(of=("self",))
        .select_related("stage", "exchange")
        .filter(person__reference__in=set(references), corrected=False)
        .exclude(status=ListedPerson.Status.REMOVED)
        .order_by("pk")
    )
    if not rows or len(rows) != len(set(references)):
        raise NotPossible("Choose people who are on a list.")
    return rows


def keep_steps(rows: Iterable[ListedPerson], what: str, by: Actor, now: datetime, **why: object) -> None:
    note, rows = str(why.pop("note", "")), list(rows)
    ids = bulk.new_ids(ListedStep, len(rows))
    ListedStep.objects.bulk_create(
        ListedStep(
            pk=pk,
            exchange_id=row.exchange_id,
            listed=row,
            what=what,
            by_id=officer(by),
            at=now,
            sealed_note=sealed(note, STEP_NOTE, pk, office=row.exchange.organisation_id),
            **why,
        )
        for pk, row in zip(ids, rows, strict=True)
    )


def void_finishing(rows: Iterable[ListedPerson], now: datetime) -> None:
    """Whoever finishes a stage decides about the people they saw in it: after a change, they look again."""
    stages = {row.stage_id for row in rows if row.stage_id is not None}
    approvals.void(STAGE_KIND, sorted(stages), FINISH, now=now)
