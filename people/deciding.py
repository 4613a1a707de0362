"""Two people of an office answer whether two records are one person; what they said can be taken back so too.

A merge is no more than that: both records stay as they were written, and the statement joins them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from people import approvals, groups
from people.actors import Actor, announce
from people.audit import record
from people.groups import Pair, Says
from people.models import Approval, MatchStatement, Person, PossibleMatch
from people.rights import PEOPLE

SUBJECT: Final = "match"
_ROLES: Final = frozenset(role.value for role in PEOPLE)
SAME: Final = "same_person"
DIFFERENT: Final = "not_same_person"
TAKE_BACK: Final = "take_back_match"
ACTS: Final = (SAME, DIFFERENT, TAKE_BACK)
_SAYS: Final = {SAME: Says.SAME, DIFFERENT: Says.DIFFERENT, TAKE_BACK: Says.WITHDRAWN}


class NothingToDecide(Exception):
    """It is answered so already, or there is nothing to take back; the message says which."""


def matches_of(office: int | None) -> QuerySet[PossibleMatch]:
    """Return the questions an office may see: its own and no other's."""
    return PossibleMatch.objects.filter(office=office).select_related("person", "other")


def ask_about(person: Person, other: Person, *, by: Actor, now: datetime) -> PossibleMatch:
    """Put the question by hand, of two records of the office itself.

    :raises approvals.NotYours: without a right to people, or of another office's records
    :raises NothingToDecide: of one record, or of two kinds
    """
    if not by.roles & _ROLES or {person.organisation_id, other.organisation_id} != {by.organisation_id}:
        raise approvals.NotYours
    if person.kind != other.kind or person.pk == other.pk:
        raise NothingToDecide("Name another record of the same kind.")
    pair = groups.pair(person.pk, other.pk, by.organisation_id)
    found, _ = PossibleMatch.objects.get_or_create(
        office_id=pair.office, person_id=pair.person, other_id=pair.other, defaults={"found_at": now}
    )
    return found


def propose(match: PossibleMatch, act: str, *, by: Actor, now: datetime) -> Approval:
    """Propose an answer. It does nothing until another person of the office confirms it.

    :raises approvals.NotYours: if `by` may not read people for the office whose question it is
    :raises approvals.NotOpen: if an answer waits for a second person already
    :raises NothingToDecide: if it is answered so already, or nothing is there to take back
    """
    if by.organisation_id != match.office_id:
        raise approvals.NotYours
    _check(match, act)
    if Approval.objects.filter(subject_kind=SUBJECT, subject=match.pk, decision=None).exists():
        raise approvals.NotOpen
    return approvals.propose(SUBJECT, match.pk, act, by=by, details={}, now=now)


def said_of(match: PossibleMatch) -> str | None:
    """Return what the office last said of the two."""
    return groups.newest([_pair(match)]).get(_pair(match))


def history(match: PossibleMatch) -> QuerySet[MatchStatement]:
    """Return all that was said of the two, newest first."""
    said = MatchStatement.objects.filter(office=match.office_id, person=match.person_id, other=match.other_id)
    return said.select_related("approval__proposed_by", "approval__decided_by").order_by("-pk")


def _check(match: PossibleMatch, act: str) -> None:
    said = said_of(match)
    if act == TAKE_BACK and said in (None, Says.WITHDRAWN):
        raise NothingToDecide("Nothing was said of these two that could be taken back.")
    if said == _SAYS[act]:
        raise NothingToDecide("This was said of these two already.")


def _pair(match: PossibleMatch) -> Pair:
    return Pair(match.person_id, match.other_id, match.office_id)


def _decided(approval: Approval, by: Actor, now: datetime) -> None:
    match = PossibleMatch.objects.select_for_update().get(pk=approval.subject)
    _check(match, approval.act)
    announce(by)
    groups.state_by_two(_pair(match), _SAYS[approval.act], approval, now=now)
    match.settled_at = None if approval.act == TAKE_BACK else now
    match.save(update_fields=["settled_at"])
    record(by, approval.act, "person", (match.person_id, match.other_id), now=now)


for _act in ACTS:
    approvals.carries_out(_act, roles=_ROLES)(_decided)
