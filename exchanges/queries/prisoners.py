"""Questions about one exchange of prisoners; ask them in a transaction that announced a named officer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet

from exchanges.models import Exchange, ListedPerson, ListedStep, Stage
from people.models import Approval, Organisation

# What an act of two is about, as `people.approvals` keeps it.
EXCHANGE_KIND: Final = "exchange"
STAGE_KIND: Final = "exchange_stage"
PERSON_KIND: Final = "listed_person"


class Progress(NamedTuple):
    """How far a stage is with those whom one side holds. `planned` is None where no number was told."""

    stage: Stage
    holding: Organisation
    planned: int | None
    verified: int
    crossed: int


def waiting(exchange: Exchange) -> QuerySet[Approval]:
    """Return the acts on this exchange that wait for a second officer."""
    stages = Stage.objects.filter(exchange=exchange).values("pk")
    people = ListedPerson.objects.filter(exchange=exchange).values("pk")
    return (
        Approval.objects.filter(decision=None)
        .filter(
            Q(subject_kind=EXCHANGE_KIND, subject=exchange.pk)
            | Q(subject_kind=STAGE_KIND, subject__in=stages)
            | Q(subject_kind=PERSON_KIND, subject__in=people)
        )
        .select_related("proposed_by")
        .order_by("proposed_at")
    )


def progress(exchange: Exchange) -> list[Progress]:
    counted = (
        exchange.people.filter(stage__isnull=False, corrected=False)
        .values_list("stage", "on_list__holding", "status")
        .annotate(n=Count("pk"))
    )
    counts = {(stage, holding, status): n for stage, holding, status, n in counted}

    def of(stage: Stage, holding: Organisation, planned: int | None) -> Progress:
        crossed = counts.get((stage.pk, holding.pk, "exchanged"), 0)
        verified = counts.get((stage.pk, holding.pk, "verified"), 0)
        return Progress(stage, holding, planned, verified + crossed, crossed)

    return [
        each
        for stage in exchange.stages.order_by("number")
        for each in (
            of(stage, exchange.one_side, stage.from_one_side),
            of(stage, exchange.other_side, stage.from_other_side),
        )
    ]


def last_steps(rows: Iterable[ListedPerson]) -> dict[int, ListedStep]:
    """Return the newest step of each person on a list."""
    steps = ListedStep.objects.filter(listed__in=list(rows)).order_by("listed", "-pk").distinct("listed")
    return {step.listed_id: step for step in steps.select_related("by", "stage")}
