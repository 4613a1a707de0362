"""What is kept from a family because knowing it may harm somebody (GC IV art. 137), and for how long.

One officer keeps something back; letting it go takes two. When the day of review has come it is still kept:
somebody decides, silence does not.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from people import approvals
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Approval, Fact, Person, SituationEvent, Withholding

LET_GO: Final = "let_go"


class NotKept(Exception):
    """It is not kept from the family now, or not any more."""


class ReviewMissing(ValueError):
    """What is kept back is looked at again on a day to come."""


def keep_back(
    what: Fact | SituationEvent, reason: str, review_on: date, *, by: Actor, now: datetime
) -> Withholding:
    """Keep a fact or an event of the office's own person from the family; once more renews it.

    :raises approvals.NotYours: if it is another office's record, or `by` is no officer
    :raises ReviewMissing: unless the review lies ahead
    """
    staff_id = _officer(what.person, by)
    if review_on <= now.date():
        raise ReviewMissing
    with transaction.atomic():
        announce(by)
        record(by, Act.KEEP_BACK, "person", what.person_id, now=now)
        return Withholding.objects.create(
            person_id=what.person_id,
            fact=what if isinstance(what, Fact) else None,
            event=what if isinstance(what, SituationEvent) else None,
            kept=True,
            reason=reason,
            review_on=review_on,
            organisation_id=by.organisation_id,
            recorded_by_id=staff_id,
            recorded_at=now,
        )


def propose_to_let_go(kept: Withholding, *, by: Actor, now: datetime) -> Approval:
    """Propose that the family may know; another officer confirms it.

    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises approvals.NotOpen: if something of this person waits for that already
    :raises NotKept: if it is not kept now
    """
    _officer(kept.person, by)
    if not kept_now([kept.person_id]).filter(pk=kept.pk).exists():
        raise NotKept
    return approvals.propose("person", kept.person_id, LET_GO, by=by, details={"kept": kept.pk}, now=now)


def kept_now(person_ids: Collection[int] | QuerySet[Any, Any]) -> QuerySet[Withholding]:
    """Return what is kept back of these people now: the last row of each fact and event, if that keeps it."""
    last = (
        Withholding.objects.filter(person__in=person_ids)
        .order_by("fact", "event", "-pk")
        .distinct("fact", "event")
    )
    return Withholding.objects.filter(pk__in=last.values("pk"), kept=True)


def due_for_review(organisation_id: int, today: date) -> QuerySet[Withholding]:
    """Return what the office keeps back whose day of review has come, the longest due first."""
    ours = Withholding.objects.filter(organisation=organisation_id).values("person")
    due = kept_now(ours).filter(organisation=organisation_id, review_on__lte=today)
    return due.select_related("person").order_by("review_on", "pk")


@approvals.carries_out(LET_GO)
def _let_go(approval: Approval, by: Actor, now: datetime) -> None:
    # It may have been renewed since: what is let go is the fact or the event.
    proposed = Withholding.objects.get(pk=approval.details["kept"])
    rows = kept_now([approval.subject])
    kept = rows.filter(fact=proposed.fact_id, event=proposed.event_id).first()
    if kept is None or by.staff_id is None:
        raise approvals.NotOpen
    record(by, Act.LET_GO, "person", approval.subject, now=now)
    Withholding.objects.create(
        person_id=kept.person_id,
        fact_id=kept.fact_id,
        event_id=kept.event_id,
        kept=False,
        organisation_id=by.organisation_id,
        recorded_by_id=approval.proposed_by_id,
        also_by_id=by.staff_id,
        recorded_at=now,
    )


def _officer(person: Person, by: Actor) -> int:
    if person.organisation_id != by.organisation_id or not by.roles & OFFICERS or by.staff_id is None:
        raise approvals.NotYours
    return by.staff_id
