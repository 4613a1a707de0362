"""Which people an organisation meets: its own records, and the addressees of parcels that come to it.

A sender is met by the office alone that keeps them.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from parcels.models import Parcel
from people import access
from people.access import Tie
from people.actors import OFFICERS, Actor
from people.models import Person


def listed(actor: Actor) -> Q:
    """Return the people a list or a search may show; officers alone look among other offices' addressees."""
    return opened(actor) if actor.roles & OFFICERS else access.own(actor)


def opened(actor: Actor) -> Q:
    """Return the people whose page may be opened by who has come upon them, as on a parcel's page."""
    ours = Q(round__neutral=actor.organisation_id) | Q(round__holding=actor.organisation_id)
    return access.own(actor) | Q(Exists(Parcel.objects.filter(ours, recipient=OuterRef("pk"))))


def declared(actor: Actor) -> Q:
    """Return the condition that a parcel of their office's rounds names this person at an end."""
    ours = Parcel.objects.filter(round__sending=actor.organisation_id)
    return Q(Exists(ours.filter(recipient=OuterRef("pk")))) | Q(Exists(ours.filter(sender=OuterRef("pk"))))


def ties(actor: Actor, person: Person) -> frozenset[Tie]:
    """Return what the actor's organisation is to this record."""
    ours = actor.organisation_id
    ends = Parcel.objects.filter(recipient=person).values_list("round__neutral", "round__holding").distinct()
    met = [pair for pair in ends if ours in pair]
    found = {
        Tie.OWN: person.organisation_id == ours,
        Tie.NEUTRAL: any(neutral == ours for neutral, _ in met),
        Tie.HOLDING: any(holding == ours for _, holding in met),
    }
    return frozenset(tie for tie, is_so in found.items() if is_so)
