"""What became of a prisoner: recorded as somebody stated it, never changed; a later word is a later row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from django.db import transaction

from people import approvals, audit, standing
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.models import Approval, Person, SituationEvent

SITUATION: Final = "situation"
# Their word alone counts for the follow worker, so it stands on a paper.
_ON_PAPER: Final = (SituationEvent.StatedBy.BOTH_SIDES, SituationEvent.StatedBy.NEUTRAL)


class PaperMissing(Exception):
    """What both sides or the neutral agency stated was recorded without naming the paper."""


def in_force(events: str = "people_situationevent", of: str = "person_id") -> str:
    """Return `standing.in_force` as SQL, for everybody at once: (whom it is of, the event that counts).

    `events` is a table with the columns of situation events, or a name for one in the statement around.
    """
    return f"""
SELECT DISTINCT ON (e.{of}) e.{of}, e.id
  FROM {events} e
 WHERE e.stated_by <> '{standing.ONE_SIDE}'
   AND NOT EXISTS (SELECT FROM {events} d
                    WHERE d.{of} = e.{of} AND d.id > e.id AND d.situation = '{standing.DECEASED}'
                      AND d.stated_by <> '{standing.ONE_SIDE}')
 ORDER BY e.{of}, e.happened_on DESC, e.id DESC
"""


def record(
    person: Person,
    situation: str,
    happened_on: date,
    stated_by: str,
    *,
    source_id: int,
    document: str,
    by: Actor,
    now: datetime,
) -> SituationEvent | Approval:
    """Record a statement. Where only our own officers say so, it waits for the second of them.

    :raises approvals.NotYours: if `by` is no officer
    :raises approvals.NotOpen: if another situation of this person waits for a second officer
    :raises PaperMissing: without the paper of both sides or of the neutral agency
    """
    officer = _may_state(by, stated_by, document)
    if stated_by == SituationEvent.StatedBy.TWO_OFFICERS:
        told = {
            "situation": situation,
            "happened_on": happened_on.isoformat(),
            "source_id": source_id,
            "document": document,
        }
        return approvals.propose("person", person.pk, SITUATION, by=by, details=told, now=now)
    with transaction.atomic():
        announce(by)
        (event,) = _keep(
            [person.pk], situation, happened_on, stated_by, source_id, document, by, officer, now
        )
        return event


def record_for(
    person_ids: Collection[int],
    situation: str,
    happened_on: date,
    stated_by: str,
    *,
    source_id: int,
    document: str,
    by: Actor,
    now: datetime,
) -> list[SituationEvent]:
    """Record one statement about many people at once, an event for each of them, in the order given.

    Two officers say something of many people in one act of theirs: call it where that act is carried out.

    :raises approvals.NotYours: if `by` is no officer, or a word of two officers is not under their approval
    :raises PaperMissing: without the paper of both sides or of the neutral agency
    """
    officer = _may_state(by, stated_by, document)
    if stated_by == SituationEvent.StatedBy.TWO_OFFICERS:
        if by.approval is None:
            raise approvals.NotYours
        officer = by.approval.proposed_by_id
    with transaction.atomic():
        announce(by)
        return _keep(person_ids, situation, happened_on, stated_by, source_id, document, by, officer, now)


@approvals.carries_out(SITUATION)
def _confirmed(approval: Approval, by: Actor, now: datetime) -> None:
    told = approval.details
    _keep(
        [approval.subject],
        told["situation"],
        date.fromisoformat(told["happened_on"]),
        SituationEvent.StatedBy.TWO_OFFICERS,
        told["source_id"],
        told["document"],
        by,
        approval.proposed_by_id,
        now,
    )


def _may_state(by: Actor, stated_by: str, document: str) -> int:
    """Return whose record it will be.

    :raises approvals.NotYours: if `by` is no officer
    :raises PaperMissing: without the paper of both sides or of the neutral agency
    """
    if not by.roles & OFFICERS or by.staff_id is None:
        raise approvals.NotYours
    if stated_by in _ON_PAPER and not document:
        raise PaperMissing
    return by.staff_id


def _keep(
    person_ids: Collection[int],
    situation: str,
    happened_on: date,
    stated_by: str,
    source_id: int,
    document: str,
    by: Actor,
    staff_id: int,
    now: datetime,
) -> list[SituationEvent]:
    events = SituationEvent.objects.bulk_create(
        SituationEvent(
            person_id=person_id,
            situation=situation,
            happened_on=happened_on,
            stated_by=stated_by,
            source_id=source_id,
            document=document,
            recorded_by_id=staff_id,
            organisation_id=by.organisation_id,
            recorded_at=now,
        )
        for person_id in person_ids
    )
    audit.record(replace(by, staff_id=staff_id), Act.RECORD_SITUATION, "person", person_ids, now=now)
    return events
