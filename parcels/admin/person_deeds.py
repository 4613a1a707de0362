"""What is done on a person's page: one call each; what was wrong is said beside the field it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from parcels.admin import person_rights
from parcels.admin.person_forms import Wrong
from people import approvals, consents, facts, kinship, situations, withholding
from people.actors import Actor
from people.models import Approval, Fact, Kinship, Person, PersonKey, SituationEvent, Withholding

Deed = Callable[[Person, Mapping[str, Any], Actor, datetime], str]


def situation(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    try:
        made = situations.record(
            person,
            told["situation"],
            told["happened_on"],
            told["stated_by"],
            source_id=told["source"].pk,
            document=told["document"],
            by=by,
            now=now,
        )
    except situations.PaperMissing:
        raise Wrong("document", "Name the paper on which this was stated.") from None
    except approvals.NotOpen:
        raise Wrong(None, "A situation of this person waits for a second officer already.") from None
    return "Proposed. It waits for a second officer." if isinstance(made, Approval) else "Recorded."


def fact(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    try:
        facts.add_fact(
            person,
            told["kind"],
            told["text"],
            source_id=told["source"].pk,
            stated_on=told["stated_on"],
            document=told["document"],
            by=by,
            now=now,
        )
    except facts.NotAFact as why:
        raise Wrong("text", str(why)) from None
    except PersonKey.DoesNotExist:
        raise Wrong(None, "This person was erased.") from None
    return "Kept."


def kin(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    other = Person.objects.get(pk=told["other"])
    sender, held = (person, other) if person.kind == Person.Kind.SENDER else (other, person)
    try:
        kinship.record_kinship(
            sender,
            held,
            told["relation"],
            told["evidence"],
            document=told["document"],
            source_id=told["source"].pk,
            by=by,
            now=now,
        )
    except kinship.EvidenceMissing:
        raise Wrong("document", "Name the paper, or say whose word it is.") from None
    return f"Recorded: {Kinship.Relation(told['relation']).label}."


def consent(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    consents.give(person, by=by, now=now, **told)
    return "Recorded."


def withdraw(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    try:
        consents.withdraw(person, told["purpose"], channel=told["channel"], by=by, now=now)
    except consents.NothingGiven:
        raise Wrong("purpose", "This was withdrawn already.") from None
    return "Withdrawn."


def keep_back(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    kind, _, pk = told["what"].partition(":")
    rows = {"fact": Fact, "event": SituationEvent}[kind].objects.select_related("person")  # type: ignore[attr-defined]
    withholding.keep_back(rows.get(pk=pk, person=person), told["reason"], told["review_on"], by=by, now=now)
    return "It is kept from the family."


def let_go(person: Person, told: Mapping[str, Any], by: Actor, now: datetime) -> str:
    kept = Withholding.objects.select_related("person").filter(pk=told["kept"], person=person).first()
    try:
        if kept is None:
            raise withholding.NotKept
        withholding.propose_to_let_go(kept, by=by, now=now)
    except withholding.NotKept:
        raise Wrong(None, "This is not kept from the family.") from None
    except approvals.NotOpen:
        raise Wrong(None, "This waits for a second officer already.") from None
    return "Proposed. It waits for a second officer."


DEEDS: Final[Mapping[str, Deed]] = {
    "situation": situation,
    "fact": fact,
    "kinship": kin,
    "consent": consent,
    "withdraw": withdraw,
    "keep_back": keep_back,
    "let_go": let_go,
    "request": person_rights.request,
    "hold": person_rights.hold,
    "lift": person_rights.lift,
}
