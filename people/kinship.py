"""How a sender is tied to the person they send to: checked by somebody, on evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from people import approvals
from people.actors import Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Kinship, Person, Role

_CHECKS: Final = frozenset({Role.REGISTRAR.value, Role.LIAISON.value})
_WORDS: Final = (Kinship.Evidence.OWN_WORD, Kinship.Evidence.SENDER_WORD)


class EvidenceMissing(Exception):
    """A paper was named as evidence, but not which."""


class NoTie(ValueError):
    """These two cannot be a sender and the person they send to."""


def record_kinship(
    sender: Person,
    person: Person,
    relation: str,
    evidence: str,
    *,
    document: str,
    source_id: int,
    by: Actor,
    now: datetime,
) -> Kinship:
    """Keep what a check of the tie between two of the office's own people has found.

    :raises approvals.NotYours: if one is another office's record, or `by` is no registrar or liaison
    :raises NoTie: if `sender` is no sender, or `person` is one
    :raises EvidenceMissing: if a paper is named without its reference
    """
    ours = {sender.organisation_id, person.organisation_id} == {by.organisation_id}
    if not ours or not by.roles & _CHECKS or by.staff_id is None:
        raise approvals.NotYours
    if sender.kind != Person.Kind.SENDER or person.kind == Person.Kind.SENDER:
        raise NoTie
    if evidence not in _WORDS and not document:
        raise EvidenceMissing
    with transaction.atomic():
        announce(by)
        record(by, Act.RECORD_KINSHIP, "person", sender.pk, now=now)
        return Kinship.objects.create(
            sender=sender,
            person=person,
            relation=relation,
            evidence=evidence,
            document=document,
            source_id=source_id,
            checked_by_id=by.staff_id,
            recorded_at=now,
        )
