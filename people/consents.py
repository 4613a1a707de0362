"""What a person agrees to: per purpose, to a text in a language, by a channel, until it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction

from people import approvals
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Consent, Person, Role

_RECORDS: Final = OFFICERS | {Role.REGISTRAR.value}


class NotByConsent(Exception):
    """Who is held has no free choice: nothing that is done with their data rests on their consent."""


class TextMissing(Exception):
    """Consent is to a text, in a language."""


class NothingGiven(Exception):
    """There is no consent for this purpose that could be withdrawn."""


def give(
    person: Person,
    purpose: str,
    *,
    text_version: str,
    language: str,
    channel: str,
    by: Actor,
    now: datetime,
) -> Consent:
    """:raises approvals.NotYours: if it is another office's record, or `by` keeps no people

    :raises NotByConsent: for a prisoner
    :raises TextMissing: without the text and the language it was read in
    """
    staff_id = _keeper(person, by)
    if person.kind == Person.Kind.PRISONER:
        raise NotByConsent
    if not text_version or not language:
        raise TextMissing
    with transaction.atomic():
        announce(by)
        record(by, Act.GIVE_CONSENT, "person", person.pk, purpose=purpose, now=now)
        return _keep(person, purpose, True, text_version, language, channel, staff_id, now)


def withdraw(person: Person, purpose: str, *, channel: str, by: Actor, now: datetime) -> Consent:
    """End a consent, from now on. Nobody is asked why.

    :raises approvals.NotYours: if it is another office's record, or `by` keeps no people
    :raises NothingGiven: where none is in force
    """
    staff_id = _keeper(person, by)
    with transaction.atomic():
        announce(by)
        if not has_consent(person, purpose):
            raise NothingGiven
        record(by, Act.WITHDRAW_CONSENT, "person", person.pk, purpose=purpose, now=now)
        return _keep(person, purpose, False, "", "", channel, staff_id, now)


def consents_of(person: Person) -> dict[str, Consent]:
    """Return the last word on each purpose that there was any word on."""
    return {each.purpose: each for each in _oldest_first(person)}


def has_consent(person: Person, purpose: str) -> bool:
    last = consents_of(person).get(purpose)
    return last is not None and last.given


def _oldest_first(person: Person) -> Iterable[Consent]:
    return person.consents.select_related("recorded_by", "organisation").order_by("pk")


def _keeper(person: Person, by: Actor) -> int:
    if person.organisation_id != by.organisation_id or not by.roles & _RECORDS or by.staff_id is None:
        raise approvals.NotYours
    return by.staff_id


def _keep(
    person: Person,
    purpose: str,
    given: bool,
    text_version: str,
    language: str,
    channel: str,
    staff_id: int,
    now: datetime,
) -> Consent:
    return Consent.objects.create(
        person=person,
        purpose=purpose,
        given=given,
        text_version=text_version,
        language=language,
        channel=channel,
        organisation_id=person.organisation_id,
        recorded_by_id=staff_id,
        recorded_at=now,
    )
