"""Who may see which visits, and what of each.

A visit is there for those named on it, for the officers of the two organisations, and for the host's
logistics; a partner's system sees those of its own organisation. Where the neutral agency visits, it is one
of the two. What prisoners said at a visit is for the visiting organisation alone: the host is often the
holding side, and must not learn who says that a parcel did not reach him.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from exchanges.models import Visit, VisitParticipant
from people.actors import OFFICERS, Actor
from people.models import Role
from people.rights import PEOPLE


class VisitSight(NamedTuple):
    """What an actor may see and do of one visit beside its kind, organisations, status, times and counts."""

    acts: bool
    """An officer of one of the two organisations."""
    names: bool
    """Who is to be seen and who comes."""
    place: bool
    word: bool
    """What prisoners said, and whose letters were carried; who may read it may report it."""


def seen_by(actor: Actor) -> Q:
    """Return the condition that a visit is there for the actor."""
    ours = actor.organisation_id
    if actor.kind == "client" or actor.roles & OFFICERS:
        return Q(visited_by=ours) | Q(host=ours)
    named = Q(Exists(_named(actor).filter(visit=OuterRef("pk"))))
    return named | Q(host=ours) if Role.LOGISTICS in actor.roles else named


def visits(actor: Actor) -> QuerySet[Visit]:
    return Visit.objects.filter(seen_by(actor)).select_related("agreement", "visited_by", "host")


def visits_of_person(actor: Actor, person_id: int) -> QuerySet[Visit]:
    """Return the visits on which this prisoner or relative is named, as far as the actor may know of it."""
    seen = visits(actor).filter(people__person=person_id).order_by("-starts_at", "-pk")
    return seen if actor.roles & PEOPLE else seen.none()


def visit_sight(actor: Actor, visit: Visit) -> VisitSight:
    """Return what the actor may see of a visit that is there for them."""
    if actor.kind != "staff" or actor.organisation_id not in visit.parties():
        return VisitSight(acts=False, names=False, place=False, word=False)
    is_named = _named(actor).filter(visit=visit).exists()
    acts = bool(actor.roles & OFFICERS)
    names = bool(actor.roles & PEOPLE) and (acts or is_named)
    hosts = actor.organisation_id == visit.host_id and Role.LOGISTICS in actor.roles
    return VisitSight(
        acts=acts,
        names=names,
        place=is_named or hosts,
        word=names and actor.organisation_id == visit.visited_by_id,
    )


def _named(actor: Actor) -> QuerySet[VisitParticipant]:
    return VisitParticipant.objects.filter(staff=actor.staff_id or 0, organisation=actor.organisation_id)
