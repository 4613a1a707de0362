"""The one two-person mechanism: one proposes, another decides, and the act happens in that transaction.

Each act is registered with a function that carries it out; the rules of an act live where it is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from people.actors import OFFICERS, Actor, NotFresh
from people.acts import Act
from people.audit import By, record
from people.models import Approval, AuditEntry, Role, Staff

# Two screeners' decision on a parcel.
REVIEW: Final = "review"

Carry = Callable[[Approval, Actor, datetime], None]
_CARRIES: Final[dict[str, Carry]] = {}
# Who may propose and who may decide, where it is not two officers.
_ROLES: Final[dict[str, frozenset[str]]] = {}
# Acts whose two people may come from two organisations.
_ACROSS: Final[set[str]] = set()
# Acts that only the page of their subject shows, to those who may know of it.
_APART: Final[set[str]] = set()
# What was done with an approval is recorded with it as the subject: also that it was used up.
_USED: Final = "approval"


class NotYours(Exception):
    """The one who asks may not propose or decide this."""


class NotOpen(Exception):
    """It was decided already, or another proposal for the same subject is open."""


class NotApproved(Exception):
    """Two people have not allowed this, or it was done already; the message says which."""


def carries_out(
    act: str, *, roles: frozenset[str] = OFFICERS, across: bool = False, apart: bool = False
) -> Callable[[Carry], Carry]:
    """Register what happens when `act` is confirmed; `roles` may propose and decide it.

    With `across`, the second person may be of another organisation. With `apart`, it is in no common list.
    """

    def register(carry: Carry) -> Carry:
        _CARRIES[act] = carry
        _ROLES[act] = roles
        if across:
            _ACROSS.add(act)
        if apart:
            _APART.add(act)
        return carry

    return register


def listed() -> QuerySet[Approval]:
    """Return those that a common list may show: all but what is known to a few."""
    return Approval.objects.exclude(act__in=_APART)


def propose(
    subject_kind: str,
    subject: int,
    act: str,
    *,
    by: Actor,
    details: Mapping[str, object],
    now: datetime,
    against: Approval | None = None,
) -> Approval:
    """Record a proposal. It does nothing until another person confirms it.

    :raises NotYours: if `by` is no person, or holds no role for it, or both screens and approves.
    :raises NotFresh: if `by` proved too long ago who they are.
    :raises NotOpen: if one for the same subject and act is open.
    """
    proposer = _may(by, act)
    if _is_torn(subject_kind, subject, act, proposer):
        raise NotYours
    if Approval.objects.filter(subject_kind=subject_kind, subject=subject, act=act, decision=None).exists():
        raise NotOpen
    try:
        with transaction.atomic():
            proposed = Approval.objects.create(
                subject_kind=subject_kind,
                subject=subject,
                act=act,
                organisation_id=by.organisation_id,
                details=dict(details),
                proposed_by_id=proposer,
                proposed_at=now,
                against=against,
                also_not_by_id=against.proposed_by_id if against else None,
            )
            _record(by, Act.PROPOSED, proposed, now)
            return proposed
    except IntegrityError as error:
        # Another was first by a moment: of one act there is one open proposal.
        if "approval_one_open" in str(error):
            raise NotOpen from None
        raise


def confirm(approval_id: int, *, by: Actor, now: datetime) -> Approval:
    """Decide for the proposal and carry it out, all in one transaction.

    :raises NotYours: if `by` proposed it, or holds no role for it.
    :raises NotOpen: if it was decided meanwhile.
    """
    with transaction.atomic():
        approval = _decide(approval_id, by, Approval.Decision.CONFIRMED, "", now)
        _CARRIES[approval.act](approval, by.under(approval), now)
        return approval


def reject(approval_id: int, *, by: Actor, reason: str, now: datetime) -> Approval:
    """Decide against the proposal.

    :raises NotYours: if `by` proposed it, or holds no role for it.
    :raises NotOpen: if it was decided meanwhile.
    """
    with transaction.atomic():
        return _decide(approval_id, by, Approval.Decision.REJECTED, reason, now)


def void(subject_kind: str, subjects: list[int], act: str, *, now: datetime) -> None:
    """Close open proposals whose subject has changed since."""
    Approval.objects.filter(subject_kind=subject_kind, subject__in=subjects, act=act, decision=None).update(
        decision=Approval.Decision.VOIDED, decided_at=now
    )


def unused(subject_kind: str, subject: int, act: str, *, office_id: int) -> QuerySet[Approval]:
    """Return an office's approvals of an act that is done later, at most once for each."""
    used = AuditEntry.objects.filter(act=Act.USED_UP, subject_kind=_USED).values("subject")
    return Approval.objects.filter(
        subject_kind=subject_kind,
        subject=subject,
        act=act,
        decision=Approval.Decision.CONFIRMED,
        organisation=office_id,
    ).exclude(pk__in=used)


def use_up(
    approval_id: int | None,
    subject_kind: str,
    subject: int,
    act: str,
    *,
    office_id: int,
    staff_id: int | None,
    now: datetime,
) -> None:
    """Record that what was approved is done now. Call it in the transaction that does it.

    :param staff_id: who does it; None on the server's own command line
    :raises NotApproved: if it is no approval of this act for this office, or was used
    """
    # Locked, so that of two who come at once one finds it used.
    approval = Approval.objects.select_for_update().filter(pk=approval_id or 0, act=act).first()
    if (
        approval is None
        or approval.decision != Approval.Decision.CONFIRMED
        or (approval.subject_kind, approval.subject) != (subject_kind, subject)
        or approval.organisation_id != office_id
    ):
        raise NotApproved("This is no approval of two officers for this.")
    if AuditEntry.objects.filter(act=Act.USED_UP, subject_kind=_USED, subject=approval.pk).exists():
        raise NotApproved("What was approved has been done already.")
    who = By.COMMAND if staff_id is None else Staff(pk=staff_id)
    record(who, Act.USED_UP, _USED, approval.pk, now=now)


def _decide(approval_id: int, by: Actor, decision: str, reason: str, now: datetime) -> Approval:
    approval = Approval.objects.select_for_update().get(pk=approval_id)
    _may(by, approval.act, tie=approval.against_id is not None)
    if approval.decision is not None:
        raise NotOpen
    if by.staff_id in (approval.proposed_by_id, approval.also_not_by_id):
        raise NotYours
    if by.organisation_id != approval.organisation_id and approval.act not in _ACROSS:
        raise NotYours
    is_tie = approval.act == REVIEW and approval.against_id is not None
    if not is_tie and _is_torn(approval.subject_kind, approval.subject, approval.act, by.staff_id):
        raise NotYours
    approval.decision, approval.reason = decision, reason
    approval.decided_by_id, approval.decided_at = by.staff_id, now
    approval.save(update_fields=["decision", "reason", "decided_by", "decided_at"])
    is_for = decision == Approval.Decision.CONFIRMED
    _record(by, Act.CONFIRMED if is_for else Act.REJECTED, approval, now)
    return approval


def _is_torn(subject_kind: str, subject: int, act: str, staff_id: int | None) -> bool:
    """Whether they would both screen a parcel and approve something else of it.

    A coordinator who decides where two screeners differ is the second person, and no screener.
    """
    others = Approval.objects.filter(subject_kind=subject_kind, subject=subject)
    decided = Q(decided_by=staff_id)
    if act == REVIEW:
        others = others.exclude(act=REVIEW)
    else:
        others, decided = others.filter(act=REVIEW), Q(decided_by=staff_id, against=None)
    return others.filter(Q(proposed_by=staff_id) | decided).exists()


def _record(by: Actor, act: Act, approval: Approval, now: datetime) -> None:
    """What is known to a few has a trace of its own: here its mere number would tell of it."""
    if approval.act not in _APART:
        record(by, act, _USED, approval.pk, now=now)


def _may(by: Actor, act: str, *, tie: bool = False) -> int:
    """Return whose decision it is."""
    # Where two differed, a coordinator who proposed neither decides.
    roles = frozenset({Role.COORDINATOR.value}) if tie else _ROLES[act]
    if by.staff_id is None or not by.roles & roles:
        raise NotYours
    if not by.fresh:
        raise NotFresh
    return by.staff_id
