"""What an office is told of a person later: kept beside what was told before, never over it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction

from people import approvals, bulk, dates, matching, names, vault
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Fact, NameKey, Person, Role
from people.names.script import CYRILLIC, LATIN
from people.queries import facts_of, key_of

# A contact has a form of its own, and an external id is a system's.
TOLD: Final = (
    Fact.Kind.NAME, Fact.Kind.NAME_LATIN, Fact.Kind.OTHER_NAME, Fact.Kind.BIRTH_DATE,
    Fact.Kind.SERVICE_NUMBER, Fact.Kind.TERM,
)  # fmt: skip
_NAMES: Final = frozenset({Fact.Kind.NAME.value, Fact.Kind.NAME_LATIN.value, Fact.Kind.OTHER_NAME.value})
_MAY_TELL: Final = OFFICERS | {Role.REGISTRAR.value}
MOST_LETTERS: Final = 200


class NotAFact(ValueError):
    """What was told cannot be that kind of fact; says why, for staff."""


def add_fact(
    person: Person,
    kind: str,
    text: str,
    *,
    source_id: int,
    by: Actor,
    now: datetime,
    stated_on: date | None = None,
    document: str = "",
) -> Fact:
    """Keep one more word on a person of the actor's own office, sealed under the person's key.

    :raises approvals.NotYours: if it is another office's record, or `by` no registrar, liaison or coordinator
    :raises NotAFact: if the text is none of that kind, or a Latin name is none of the names on record
    :raises PersonKey.DoesNotExist: once the person was erased
    """
    if person.organisation_id != by.organisation_id or not by.roles & _MAY_TELL or by.staff_id is None:
        raise approvals.NotYours
    if kind not in TOLD:
        raise NotAFact("This is not told here.")
    told = checked(kind, text, now.date())
    if stated_on is not None and stated_on > now.date():
        raise NotAFact("It cannot have been stated on a day that has not come.")
    with transaction.atomic():
        announce(by)
        if kind == Fact.Kind.NAME_LATIN and not _is_one_of(told, _names_of(person)):
            raise NotAFact("This is no Latin spelling of a name on record. Keep it as another name instead.")
        pk = bulk.new_id(Fact)
        fact = Fact.objects.create(
            pk=pk,
            person=person,
            kind=kind,
            sealed=vault.seal(key_of(person.pk), told, place=vault.FACT_PLACE, row=pk),
            source_id=source_id,
            stated_on=stated_on,
            document=document,
            recorded_by_id=by.staff_id,
            recorded_at=now,
        )
        if kind in _NAMES:
            _find_by(person, told)
        if kind in matching.MATCHED_KINDS:
            matching.due_again([person.pk])
        record(by, Act.ADD_FACT, "person", person.pk, now=now)
        return fact


def checked(kind: str, text: str, today: date) -> str:
    """Return `text` as a fact of that kind is kept.

    :raises NotAFact: if it is none
    """
    told = " ".join(text.split())
    if not told or "\x00" in told or len(told) > MOST_LETTERS:
        raise NotAFact(f"Up to {MOST_LETTERS} letters.")
    if kind == Fact.Kind.BIRTH_DATE:
        try:
            return dates.checked(told, today)
        except dates.NotADate as why:
            raise NotAFact(str(why)) from None
    if kind in _NAMES and not names.search_keys(told):
        raise NotAFact("A name, with more than initials.")
    # Some transliterations leave letters of the other script behind: they would be found by nobody.
    if kind == Fact.Kind.NAME_LATIN and (CYRILLIC.search(told) or not LATIN.search(told)):
        raise NotAFact("Latin letters only.")
    return told


def is_latin_form(latin: str, written: str) -> bool:
    """Whether `latin` spells `written`: by BGN/PCGN, ISO 9, ICAO 9303, KMU 2010, or as the press does."""
    return names.match(latin, written) != "no"


def _is_one_of(latin: str, written: list[str]) -> bool:
    return any(is_latin_form(latin, each) for each in written)


def _names_of(person: Person) -> list[str]:
    kept = (Fact.Kind.NAME, Fact.Kind.OTHER_NAME)
    return [text for fact, text in facts_of(person) if fact.kind in kept]


def _find_by(person: Person, name: str) -> None:
    """Let the person be found by this name too."""
    # Under every live version: a worker that rewrites them may have been here a moment ago.
    keys = {key for each in names.search_keys(name) for key in vault.search_keys(each)}
    known = {bytes(key) for key in person.name_keys.filter(key__in=keys).values_list("key", flat=True)}
    NameKey.objects.bulk_create(NameKey(person=person, key=key) for key in sorted(keys - known))
