"""Letting somebody in for the first time, or again when all they came in with is lost.

Nobody sets a password for another. A manager gives a one-use link; for an account that has ways in already,
two managers take all of them away first, so that no single one can take an account over (ASVS 5.0 6.4.3).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from people import approvals
from people.actors import Actor
from people.acts import Act
from people.audit import By, record
from people.models import Approval, Grant, Invitation, Role, Staff
from people.signin import factors

LASTS: Final = timedelta(hours=72)
STAFF_KIND: Final = "staff"
RESET: Final = "reset_access"


class HasWaysIn(Exception):
    """The account can be used: a new invitation for it is decided by two managers."""


@transaction.atomic
def issue(staff: Staff, *, by: Staff | None, now: datetime) -> str:
    """Return the token of a new invitation, 256 random bits; the one before is dead.

    :raises HasWaysIn: if they can come in already
    """
    Staff.objects.select_for_update().get(pk=staff.pk)
    if factors.held(staff).any:
        raise HasWaysIn
    Invitation.objects.filter(staff=staff, closed_at=None).update(closed_at=now)
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(staff=staff, token_hash=_hash(token), made_by=by, made_at=now)
    record(by or By.COMMAND, Act.INVITED, STAFF_KIND, staff.pk, now=now)
    return token


def open_(token: str, now: datetime) -> Invitation | None:
    """Return the invitation, if it is unused, at most 72 hours old, and of an open account."""
    rows = Invitation.objects.filter(
        token_hash=_hash(token), closed_at=None, made_at__gt=now - LASTS, staff__is_active=True
    )
    return rows.select_related("staff").first()


def close(invitation: Invitation, now: datetime) -> bool:
    """Use it up, in the transaction that keeps the factor: of two who come at once, one does."""
    unused = Invitation.objects.filter(pk=invitation.pk, closed_at=None)
    return unused.update(closed_at=now) == 1


def propose_reset(staff: Staff, *, by: Actor, now: datetime) -> Approval:
    """Propose to take away every way in that an account has.

    :raises approvals.NotYours: if `by` is no manager, or asks for themselves
    :raises approvals.NotOpen: if it is proposed already
    """
    if by.staff_id == staff.pk:
        raise approvals.NotYours
    return approvals.propose(STAFF_KIND, staff.pk, RESET, by=by, details={}, now=now)


@transaction.atomic
def confirm_reset(approval: Approval, *, by: Actor, now: datetime) -> str:
    """Take all ways in away, and return the token of the invitation that follows.

    :raises approvals.NotYours: if `by` proposed it, is no manager, or is the one it is about
    :raises approvals.NotOpen: if it was decided meanwhile
    """
    if by.staff_id == approval.subject:
        raise approvals.NotYours
    approval = approvals.confirm(approval.pk, by=by, now=now)
    return issue(Staff.objects.get(pk=approval.subject), by=approval.decided_by, now=now)


def open_reset(staff: Staff) -> Approval | None:
    rows = Approval.objects.filter(subject_kind=STAFF_KIND, subject=staff.pk, act=RESET, decision=None)
    return rows.select_related("proposed_by", "organisation").first()


def managers_who_can_come_in(organisation_id: int) -> int:
    """Return how many managers of an office have a factor."""
    managers = Grant.objects.current().filter(organisation=organisation_id, role=Role.MANAGER)
    people = Staff.objects.filter(pk__in=managers.values("staff"), is_active=True)
    return sum(factors.held(each).any for each in people)


@approvals.carries_out(RESET, roles=frozenset({Role.MANAGER.value}), apart=True)
def _reset(approval: Approval, by: Actor, now: datetime) -> None:
    factors.take_all_away(Staff.objects.get(pk=approval.subject))
    record(by, Act.FACTOR_REMOVED, STAFF_KIND, approval.subject, purpose="all", now=now)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
