"""Which exchanges of prisoners an officer knows of: those on which they are named. Nobody knows of the rest.

The database keeps it too: call these in a transaction that announced the officer.
"""

from __future__ import annotations

from django.db.models import QuerySet

from exchanges.models import Exchange
from people.actors import OFFICERS, Actor
from people.models import Person


def exchanges(by: Actor) -> QuerySet[Exchange]:
    if by.staff_id is None or not by.roles & OFFICERS:
        return Exchange.objects.none()
    named = Exchange.objects.filter(officers__staff=by.staff_id, officers__unnamed_at=None)
    return named.filter(organisation=by.organisation_id).select_related(
        "organisation", "one_side", "other_side"
    )


def people_to_list(by: Actor) -> QuerySet[Person]:
    """Return whom the officer may put on a list: those of whom their own office keeps a record."""
    return Person.objects.filter(
        organisation=by.organisation_id, kind__in=(Person.Kind.PRISONER, Person.Kind.EVACUEE)
    )
