"""Who may see which claims: those of their own office, and what is said of a return that concerns them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from exchanges.access.returns import concerned
from exchanges.models import Assessment, Return
from people import rights
from people.actors import OFFICERS, Actor


def claims(officer_in: Collection[int], reads_people_of: Collection[int]) -> Q:
    """Return the condition that a claim may be read.

    By officers of the office that recorded it, or that a return concerns; about a person, also by those who
    may read that office's people. Another office's record of a parcel is not theirs to read.
    """
    theirs = Return.objects.filter(concerned(officer_in)).values("pk")
    return (
        Q(organisation__in=officer_in)
        | Q(group__in=theirs)
        | Q(count__group__in=theirs)
        | Q(person__organisation__in=reads_people_of)
    )


def claims_of(actor: Actor) -> Q:
    ours = [actor.organisation_id]
    return claims(
        ours if actor.roles & OFFICERS else [],
        ours if actor.roles & rights.PEOPLE else [],
    )


def reads_note(officer_in: Collection[int], assessment: Assessment) -> bool:
    """Whether somebody may read why a claim is held to stand so: officers of the office that assessed it."""
    return assessment.organisation_id in officer_in
