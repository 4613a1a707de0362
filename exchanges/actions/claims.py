"""Recording claims, how they are held to stand, and corrections. What was said is never changed."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import transaction

from exchanges import access, lifecycle, sealed
from exchanges.actions.recording import have_come, officer, recorded
from exchanges.actions.steps import NotPossible, check_step, locked, take_step
from exchanges.models import Assessment, Claim, Count, Return
from people import approvals, bulk
from people.actors import Actor, announce
from people.models import Organisation, Person

# The form of a parcel's number; whether there is such a parcel is not asked, and so not told.
PARCEL_NUMBER: Final = r"[A-Z]{2}[0-9]{9}[A-Z]{2}"

Subject = Person | Return | Count | str


class Statement(NamedTuple):
    """What was said, by whom, when, and what stands behind it."""

    kind: str
    words: str
    said_on: date
    stated_by: Organisation | None = None
    source: str = ""
    published_on: date | None = None
    evidence: str = ""
    evidence_reference: str = ""


@transaction.atomic
def record_claim(
    subject: Subject, told: Statement, *, answers: Claim | None = None, by: Actor, now: datetime
) -> Claim:
    """Record what a party or a source says of a person, a return, a number, or a parcel by its number.

    :raises NotPossible: if nobody stands behind it, or days or subjects do not fit
    :raises approvals.NotYours: if `by` is no officer, or the subject is not theirs to read
    :raises PersonKey.DoesNotExist: once the person was erased
    """
    announce(by)
    return _record(subject, told, answers, None, by, now)


@transaction.atomic
def correct_claim(claim: Claim, told: Statement, *, by: Actor, now: datetime) -> Claim:
    """Record what the same source says instead: a new claim, which corrects the old one.

    :raises NotPossible: if the claim was corrected or withdrawn, or another source says it
    :raises approvals.NotYours: if `by` is no officer who may read the claim
    """
    announce(by)
    claim = locked(claim)
    _may_read(claim, by)
    if (told.stated_by.pk if told.stated_by else None, told.source) != (claim.stated_by_id, claim.source):
        raise NotPossible("Only who said it corrects it; what another says is a claim that answers it.")
    check_step(claim, Claim.Status.CORRECTED, lifecycle.CLAIM)
    made = _record(subject_of(claim), told, claim.answers, claim, by, now)
    _assess(claim, Claim.Status.CORRECTED, Assessment.Reason.MISTAKE, told.said_on, by, now)
    return made


@transaction.atomic
def assess_claim(
    claim: Claim,
    standing: str,
    *,
    reason: str,
    assessed_on: date,
    evidence: str = "",
    evidence_reference: str = "",
    note: str = "",
    by: Actor,
    now: datetime,
) -> Assessment:
    """Record how a claim is held to stand, and why.

    :raises NotPossible: if that does not follow from how it stands, or no reason is given
    :raises approvals.NotYours: if `by` is no officer who may read the claim
    """
    announce(by)
    claim = locked(claim)
    _may_read(claim, by)
    if standing == Claim.Status.CORRECTED:
        raise NotPossible("Record the correction: the claim that says it instead.")
    if reason not in Assessment.Reason.values:
        raise NotPossible("Say why it is held to stand so.")
    have_come(now, assessed_on)
    return _assess(
        claim, standing, reason, assessed_on, by, now,
        evidence=evidence, evidence_reference=evidence_reference, note=note,
    )  # fmt: skip


def subject_of(claim: Claim) -> Subject:
    return claim.person or claim.group or claim.count or claim.parcel


def _record(
    subject: Subject, told: Statement, answers: Claim | None, corrects: Claim | None, by: Actor, now: datetime
) -> Claim:
    _may_tell_of(subject, by)
    if told.stated_by is None and not told.source:
        raise NotPossible("A claim is somebody's: say who states it.")
    if told.kind == Claim.Kind.NOT_ACCEPTED and told.stated_by is None:
        raise NotPossible("That somebody is not accepted back is the claim of a named party.")
    have_come(now, told.said_on, told.published_on)
    if told.published_on and told.published_on < told.said_on:
        raise NotPossible("It cannot be published before it was said.")
    if answers and subject_of(answers) != subject:
        raise NotPossible("A claim answers one about the same.")
    person = subject if isinstance(subject, Person) else None
    pk = bulk.new_id(Claim)
    return Claim.objects.create(
        pk=pk,
        kind=told.kind,
        person=person,
        parcel=subject if isinstance(subject, str) else "",
        group=subject if isinstance(subject, Return) else None,
        count=subject if isinstance(subject, Count) else None,
        stated_by=told.stated_by,
        source=told.source,
        said_on=told.said_on,
        published_on=told.published_on,
        sealed_words=sealed.seal(
            told.words, sealed.CLAIM, person.pk if person else None, row=pk, office=by.organisation_id
        ),
        evidence=told.evidence,
        evidence_reference=told.evidence_reference,
        answers=answers,
        corrects=corrects,
        **recorded(by, now),
    )


def _may_tell_of(subject: Subject, by: Actor) -> None:
    """:raises approvals.NotYours: if the subject is not theirs to read"""
    ours = by.organisation_id
    if isinstance(subject, str):
        if not re.fullmatch(PARCEL_NUMBER, subject):
            raise NotPossible("This is no parcel's number.")
    elif isinstance(subject, Person):
        on_theirs = Return.objects.filter(access.concerned([ours]), persons__person=subject)
        if subject.organisation_id != ours and not on_theirs.exists():
            raise approvals.NotYours
    else:
        group = subject.group if isinstance(subject, Count) else subject
        if ours not in access.concerned_by(group):
            raise approvals.NotYours
    officer(by)


def _may_read(claim: Claim, by: Actor) -> None:
    officer(by)
    if not Claim.objects.filter(access.claims_of(by), pk=claim.pk).exists():
        raise approvals.NotYours


def _assess(
    claim: Claim,
    standing: str,
    reason: str,
    assessed_on: date,
    by: Actor,
    now: datetime,
    *,
    note: str = "",
    **more: object,
) -> Assessment:
    check_step(claim, standing, lifecycle.CLAIM)
    pk = bulk.new_id(Assessment)
    made = Assessment.objects.create(
        pk=pk,
        claim=claim,
        sealed_note=sealed.seal(note, sealed.ASSESSMENT, claim.person_id, row=pk, office=by.organisation_id)
        if note
        else None,
        standing=standing,
        reason=reason,
        assessed_on=assessed_on,
        **recorded(by, now),
        **more,
    )
    # The database lets a claim's status only mirror its last assessment, so that one is written first.
    take_step(claim, standing, lifecycle.CLAIM)
    return made
