"""Making agreements' terms and rounds, and bringing them from one state to the next."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from exchanges import standard_rules
from exchanges.models import Agreement, ContentRule, Round, SettledAddressee, Stay, Terms
from people import approvals, vault
from people.actors import OFFICERS, Actor, announce
from people.models import Approval

ROUND_KEY_PLACE: Final = "exchanges.round"

# How long a parcel usually stays in a status, and at most: days (usual from, usual to, longest).
STANDARD_STAYS: Final[Mapping[str, tuple[int, int, int]]] = {
    "registered": (1, 14, 30),
    "accepted": (0, 1, 2),
    "in_review": (1, 5, 10),
    "refused": (1, 14, 30),
    "cleared": (3, 21, 45),
    "packed": (1, 7, 14),
    "dispatched": (1, 10, 21),
    "with_intermediary": (2, 14, 30),
    "handed_over": (7, 30, 60),
    "admitted": (7, 30, 60),
    "received": (7, 45, 90),
    "undeliverable": (7, 30, 60),
    "returning": (7, 30, 60),
    "missing": (14, 60, 120),
}


@transaction.atomic
def draft_terms(agreement: Agreement, **fields: Any) -> Terms:
    """Make the next version of an agreement's terms as a draft, from the standard rules and stays."""
    last = agreement.terms.aggregate(last=Max("version"))["last"] or 0
    terms = Terms.objects.create(agreement=agreement, version=last + 1, **fields)
    ContentRule.objects.bulk_create(
        ContentRule(terms=terms, **{name: getattr(rule, name) for name in rule.__slots__})
        for rule in standard_rules.load()
    )
    Stay.objects.bulk_create(
        Stay(terms=terms, status=status, usual_low_days=low, usual_high_days=high, longest_days=longest)
        for status, (low, high, longest) in STANDARD_STAYS.items()
    )
    return terms


def make_round(*, round_key: bytes | None = None, **fields: Any) -> Round:
    """Make a round with its own secret key, which draws the second look. 32 bytes, random unless given."""
    return Round.objects.create(sealed_key=new_round_key(round_key), **fields)


def new_round_key(key: bytes | None = None) -> bytes:
    """Return a round's secret key as it is kept: wrapped."""
    return vault.wrap(key or secrets.token_bytes(32), place=ROUND_KEY_PLACE)


IN_FORCE: Final = "terms_in_force"
A, R = Agreement.Status, Round.Status

AGREEMENT_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    A.DRAFT: (A.SIGNED,),
    A.SIGNED: (A.IN_FORCE, A.TERMINATED),
    A.IN_FORCE: (A.SUSPENDED, A.EXPIRED, A.TERMINATED),
    A.SUSPENDED: (A.IN_FORCE, A.EXPIRED, A.TERMINATED),
}
ROUND_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    R.PROPOSED: (R.AGREED, R.CANCELLED),
    R.AGREED: (R.LISTS_EXCHANGED, R.POSTPONED, R.CANCELLED),
    R.LISTS_EXCHANGED: (R.COLLECTING, R.POSTPONED, R.CANCELLED),
    R.COLLECTING: (R.CLOSED, R.POSTPONED),
    R.CLOSED: (R.HANDED_OVER,),
    R.HANDED_OVER: (R.REPORTED,),
    R.POSTPONED: (R.LISTS_EXCHANGED, R.COLLECTING, R.CANCELLED),
}
# Rounds that have not closed yet move to a new version; what has left finishes under the old one.
_STILL_OPEN: Final = (R.PROPOSED, R.AGREED, R.LISTS_EXCHANGED, R.COLLECTING, R.POSTPONED)


class NotPossible(Exception):
    """The agreement, its terms or the round are not in a state for this; says why, for staff."""


@transaction.atomic
def next_version(terms: Terms) -> Terms:
    """Copy `terms` with its rules and stays into a new draft, the next version of its agreement.

    :raises NotPossible: while another draft waits
    """
    agreement = Agreement.objects.select_for_update().get(pk=terms.agreement_id)
    if agreement.terms.filter(status=Terms.Status.DRAFT).exists():
        raise NotPossible("This agreement has a draft already: change that one.")
    last = agreement.terms.aggregate(last=Max("version"))["last"]
    draft = Terms.objects.get(pk=terms.pk)
    draft.pk, draft.version, draft.status, draft.in_force_at = None, last + 1, Terms.Status.DRAFT, None
    draft._state.adding = True
    draft.save()
    parts: list[ContentRule | Stay] = [*terms.rules.all(), *terms.stays.all()]
    for part in parts:
        part.pk, part.terms, part._state.adding = None, draft, True
        part.save()
    return draft


def propose_terms(terms: Terms, *, by: Actor, now: datetime) -> Approval:
    """Propose that a draft comes into force; another officer, of any signatory, decides.

    :raises NotPossible: if it is no draft, or has no rules
    :raises approvals.NotYours: if `by` is no officer of a signatory
    :raises approvals.NotOpen: if that is proposed already
    """
    if terms.status != Terms.Status.DRAFT:
        raise NotPossible("Only a draft can be put in force.")
    if not terms.rules.exists():
        raise NotPossible("Terms without rules would hold every parcel.")
    _sign_for(terms.agreement, by)
    return approvals.propose("terms", terms.pk, IN_FORCE, by=by, details={}, now=now)


@approvals.carries_out(IN_FORCE, across=True)
def _put_in_force(approval: Approval, by: Actor, now: datetime) -> None:
    announce(by)
    terms = Terms.objects.select_for_update(of=("self",)).select_related("agreement").get(pk=approval.subject)
    _sign_for(terms.agreement, by)
    if terms.status != Terms.Status.DRAFT:
        raise NotPossible("Only a draft can be put in force.")
    for older in terms.agreement.terms.filter(status=Terms.Status.IN_FORCE):
        older.status = Terms.Status.SUPERSEDED
        older.save(update_fields=["status"])
    terms.status, terms.in_force_at = Terms.Status.IN_FORCE, now
    terms.save(update_fields=["status", "in_force_at"])
    terms.agreement.rounds.filter(status__in=_STILL_OPEN).update(terms=terms)


@transaction.atomic
def change_agreement(agreement: Agreement, status: str, *, by: Actor) -> Agreement:
    """Sign, put in force, suspend, resume or end it. Out of force it stops intake, packing, dispatch.

    :raises NotPossible: if that does not follow from its state
    :raises approvals.NotYours: if `by` is no officer of a signatory
    """
    announce(by)
    _sign_for(agreement, by)
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if status not in AGREEMENT_STEPS.get(agreement.status, ()):
        raise NotPossible(
            f"An agreement that is {agreement.get_status_display().lower()} cannot become {status}."
        )
    if status == A.IN_FORCE and not agreement.terms.filter(status=Terms.Status.IN_FORCE).exists():
        raise NotPossible("It has no terms in force yet.")
    agreement.status = status
    agreement.save(update_fields=["status"])
    return agreement


@transaction.atomic
def change_round(round_: Round, status: str, *, by: Actor) -> Round:
    """Bring a round to its next state.

    :raises NotPossible: if that does not follow from its state, or it would collect without terms in force
    :raises approvals.NotYours: if `by` is no officer of one of its organisations
    """
    announce(by)
    if not by.roles & OFFICERS or by.organisation_id not in (
        round_.sending_id, round_.holding_id, round_.neutral_id,
    ):  # fmt: skip
        raise approvals.NotYours
    round_ = (
        Round.objects.select_for_update(of=("self",)).select_related("terms", "agreement").get(pk=round_.pk)
    )
    if status not in ROUND_STEPS.get(round_.status, ()):
        raise NotPossible(f"A round that is {round_.get_status_display().lower()} cannot become {status}.")
    if status == R.COLLECTING and (
        round_.agreement.status != A.IN_FORCE or round_.terms.status != Terms.Status.IN_FORCE
    ):
        raise NotPossible("A round collects only under an agreement and terms in force.")
    round_.status = status
    round_.save(update_fields=["status"])
    return round_


def settle_addressees(ends: Collection[tuple[int, int]], how: str, *, staff_id: int, now: datetime) -> int:
    """Settle (person, holding organisation) pairs; return how many were not settled before.

    Call it in a transaction, for an officer.
    """
    known = SettledAddressee.objects.filter(person__in={person for person, _ in ends})
    fresh = set(ends) - set(known.values_list("person_id", "holding_id"))
    SettledAddressee.objects.bulk_create(
        [
            SettledAddressee(
                person_id=person, holding_id=holding, how=how, recorded_by_id=staff_id, recorded_at=now
            )
            for person, holding in sorted(fresh)
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


def _sign_for(agreement: Agreement, by: Actor) -> None:
    signatories = set(agreement.signatories.values_list("pk", flat=True))
    if not by.roles & OFFICERS or by.organisation_id not in signatories:
        raise approvals.NotYours
