"""Making agreements' terms, putting them in force, and bringing agreements from state to state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from exchanges import lifecycle, standard_rules
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from people import approvals
from people.actors import OFFICERS, Actor, announce
from people.models import Approval, Organisation

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

IN_FORCE: Final = "terms_in_force"

# Rounds that have not closed yet.
STILL_OPEN: Final = (
    Round.Status.PROPOSED,
    Round.Status.AGREED,
    Round.Status.LISTS_EXCHANGED,
    Round.Status.COLLECTING,
    Round.Status.POSTPONED,
)


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


@transaction.atomic
def first_terms(agreement: Agreement) -> Terms:
    """Draft an agreement's first terms: those of the agreement it succeeds, or else the standard ones.

    :raises NotPossible: when it has terms already
    """
    agreement = locked(agreement)
    if agreement.terms.exists():
        raise NotPossible("It has terms already: make a new version of them.")
    before = Terms.objects.filter(agreement=agreement.succeeds_id, in_force_at__isnull=False)
    newest = before.order_by("-version").first()
    return _copy(newest, agreement, 1) if newest else draft_terms(agreement)


@transaction.atomic
def next_version(terms: Terms) -> Terms:
    """Copy `terms` with its rules and stays into a new draft, the next version of its agreement.

    :raises NotPossible: while another draft waits
    """
    agreement = Agreement.objects.select_for_update().get(pk=terms.agreement_id)
    if agreement.terms.filter(status=Terms.Status.DRAFT).exists():
        raise NotPossible("This agreement has a draft already: change that one.")
    last = agreement.terms.aggregate(last=Max("version"))["last"]
    return _copy(terms, agreement, last + 1)


def _copy(terms: Terms, agreement: Agreement, version: int) -> Terms:
    draft = Terms.objects.get(pk=terms.pk)
    draft.pk, draft.agreement, draft.version = None, agreement, version
    draft.status, draft.in_force_at = Terms.Status.DRAFT, None
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
    _may_come_into_force(terms)
    if not terms.rules.exists():
        raise NotPossible("Terms without rules would hold every parcel.")
    _sign_for(terms.agreement, by)
    return approvals.propose("terms", terms.pk, IN_FORCE, by=by, details={}, now=now)


@approvals.carries_out(IN_FORCE, across=True)
def _put_in_force(approval: Approval, by: Actor, now: datetime) -> None:
    announce(by)
    terms = Terms.objects.select_for_update(of=("self",)).select_related("agreement").get(pk=approval.subject)
    _sign_for(terms.agreement, by)
    _may_come_into_force(terms)
    for older in terms.agreement.terms.filter(status=Terms.Status.IN_FORCE):
        older.status = Terms.Status.SUPERSEDED
        older.save(update_fields=["status"])
    terms.status, terms.in_force_at = Terms.Status.IN_FORCE, now
    terms.save(update_fields=["status", "in_force_at"])
    terms.agreement.rounds.filter(status__in=followers(terms)).update(terms=terms)


def followers(terms: Terms) -> tuple[Round.Status, ...]:
    """Return the statuses in which a round goes on under `terms` when they come into force.

    A round that has closed takes nothing in any more, but packs and dispatches what it has.
    """
    if terms.touches == Terms.Touches.NEW_INTAKES:
        return STILL_OPEN
    return (*STILL_OPEN, Round.Status.CLOSED)


def _may_come_into_force(terms: Terms) -> None:
    if terms.status != Terms.Status.DRAFT:
        raise NotPossible("Only a draft can be put in force.")
    if terms.agreement.ended_on is not None:
        raise NotPossible("The agreement has ended: new terms belong to its successor.")


@transaction.atomic
def change_agreement(agreement: Agreement, status: str, *, by: Actor, now: datetime) -> Agreement:
    """Sign, put in force, suspend, resume or end it. Out of force it stops intake, packing, dispatch.

    :raises NotPossible: if that does not follow from its state
    :raises approvals.NotYours: if `by` is no officer of a signatory
    """
    announce(by)
    _sign_for(agreement, by)
    agreement = locked(agreement)
    check_step(agreement, status, lifecycle.AGREEMENT)
    in_force = agreement.terms.filter(status=Terms.Status.IN_FORCE)
    if status == Agreement.Status.IN_FORCE and not in_force.exists():
        raise NotPossible("It has no terms in force yet.")
    if status in (Agreement.Status.EXPIRED, Agreement.Status.TERMINATED):
        agreement.ended_on = _last_day(agreement, status, _today(by, now))
    take_step(agreement, status, lifecycle.AGREEMENT, also=("ended_on",))
    return agreement


def _last_day(agreement: Agreement, status: str, today: date) -> date:
    if status == Agreement.Status.TERMINATED:
        return today
    if agreement.valid_until is None or agreement.valid_until >= today:
        raise NotPossible("It expires after its last day; to end it before, terminate it.")
    return agreement.valid_until


def _today(by: Actor, now: datetime) -> date:
    office = Organisation.objects.get(pk=by.organisation_id)
    return now.astimezone(ZoneInfo(office.time_zone)).date()


def _sign_for(agreement: Agreement, by: Actor) -> None:
    signatories = set(agreement.signatories.values_list("pk", flat=True))
    if not by.roles & OFFICERS or by.organisation_id not in signatories:
        raise approvals.NotYours
