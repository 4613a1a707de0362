"""Who may see which people, and what of them: by organisation, role, and what ties the two.

A record is one office's. Its own staff read it, as far as their role needs; a neutral agency and a holding
side read of it what they need to find the addressee of a parcel. What joins an organisation to another
office's record (a parcel's round, say) is not known here: whoever knows it passes the ties.

                      own office       neutral agency    holding side
    names, dates      PEOPLE           PEOPLE            PEOPLE
    contacts, kinship,
    consents          PEOPLE           nobody            nobody
    what became of
    them, standing    officers         officers          officers: what it said itself, and what both said
    what is kept from
    the family        officers         officers          nobody
    detention         see `detention`  logistics         logistics, for a purpose, each look recorded
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.actors import OFFICERS, Actor
from people.models import Fact, Organisation, Person, Role, SituationEvent, Withholding

# Those who may read who a person is.
PEOPLE: Final = OFFICERS | {Role.REGISTRAR.value}
_LOGISTICS: Final = Role.LOGISTICS.value
_IDENTITY: Final = frozenset(
    kind.value
    for kind in (
        Fact.Kind.NAME, Fact.Kind.NAME_LATIN, Fact.Kind.OTHER_NAME, Fact.Kind.BIRTH_DATE,
        Fact.Kind.SERVICE_NUMBER, Fact.Kind.TERM,
    )
)  # fmt: skip
# The tie of an office to its sender, and how it keeps them, are nobody else's.
_OF_OWN_OFFICE: Final = frozenset({Fact.Kind.CONTACT.value, Fact.Kind.EXTERNAL_ID.value})


class Tie(StrEnum):
    """What an organisation is to a record."""

    OWN = "own"
    NEUTRAL = "neutral"
    HOLDING = "holding"


Ties = Collection[Tie]


class Sight(NamedTuple):
    """What an actor may see of one person, and do."""

    identity: bool = False
    own_office: bool = False
    events: bool = False
    withheld: bool = False
    detention: bool = False
    tells: bool = False
    states: bool = False

    @property
    def fact_kinds(self) -> frozenset[str]:
        if not self.identity:
            return frozenset()
        return _IDENTITY | _OF_OWN_OFFICE if self.own_office else _IDENTITY


def own(actor: Actor) -> Q:
    """Return the condition that a person's record is the actor's office's own."""
    return Q(organisation=actor.organisation_id)


def people(actor: Actor) -> QuerySet[Person]:
    """Return the records of the actor's own office, for those who may read who a person is."""
    return Person.objects.filter(own(actor)) if actor.roles & PEOPLE else Person.objects.none()


def sight(actor: Actor, person: Person, ties: Ties) -> Sight:
    officer, reads = bool(actor.roles & OFFICERS), bool(actor.roles & PEOPLE)
    is_own, is_neutral = Tie.OWN in ties, Tie.NEUTRAL in ties
    return Sight(
        identity=reads and bool(ties),
        own_office=reads and is_own,
        events=officer and bool(ties),
        withheld=officer and (is_own or is_neutral),
        detention=_LOGISTICS in actor.roles and _needs_place(actor, person, ties),
        # One office never rewrites another's record; the neutral agency's word moves what is in it.
        tells=reads and is_own,
        states=officer and (is_own or is_neutral) and person.kind == Person.Kind.PRISONER,
    )


def _needs_place(actor: Actor, person: Person, ties: Ties) -> bool:
    """The holding side and the neutral agency know where a person is held; a side that sends never does."""
    if person.kind == Person.Kind.SENDER:
        return False
    if Tie.HOLDING in ties or Tie.NEUTRAL in ties:
        return True
    if Tie.OWN not in ties:
        return False
    side = Organisation.objects.values_list("party", flat=True).get(pk=actor.organisation_id)
    return side is None or (person.party_id is not None and person.party_id != side)


def facts(actor: Actor, person: Person, ties: Ties) -> QuerySet[Fact]:
    seen = sight(actor, person, ties)
    rows = person.facts.filter(kind__in=seen.fact_kinds).select_related("source", "recorded_by")
    return rows if seen.own_office or seen.withheld else rows.exclude(withheld_fact())


def events(actor: Actor, person: Person, ties: Ties) -> QuerySet[SituationEvent]:
    rows = person.situation_events.select_related("source", "recorded_by", "organisation")
    if not sight(actor, person, ties).events:
        return rows.none()
    if Tie.OWN in ties or Tie.NEUTRAL in ties:
        return rows
    ours = actor.organisation_id
    said = Q(source=ours) | Q(organisation=ours) | Q(stated_by=SituationEvent.StatedBy.BOTH_SIDES)
    return rows.filter(said)


def withheld_fact() -> Q:
    """Return the condition that a fact is kept from the family now."""
    newer = Withholding.objects.filter(fact=OuterRef("fact"), pk__gt=OuterRef("pk"))
    return Q(Exists(Withholding.objects.filter(~Exists(newer), fact=OuterRef("pk"), kept=True)))


def withheld_event() -> Q:
    """Return the condition that an event is kept from the family now."""
    newer = Withholding.objects.filter(event=OuterRef("event"), pk__gt=OuterRef("pk"))
    return Q(Exists(Withholding.objects.filter(~Exists(newer), event=OuterRef("pk"), kept=True)))
