"""Who may see which returns, and what of them: the organisations named on them, their officers most."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import Q, QuerySet

from exchanges.models import Return, Wish
from people.actors import OFFICERS, Actor
from people.models import Purpose

# What somebody's whereabouts, and their own words, may be looked at for.
LOOK_PURPOSES: Final = tuple(
    (each.value, each.label)
    for each in (Purpose.RETURN_ARRANGEMENT, Purpose.VERIFICATION, Purpose.RIGHTS_REQUEST, Purpose.INCIDENT)
)


def concerned(organisations: Collection[int]) -> Q:
    """Return the condition that a return names one of these: at either side, or between them."""
    return (
        Q(from_organisation__in=organisations)
        | Q(to_organisation__in=organisations)
        | Q(intermediary__in=organisations)
    )


def returns(actor: Actor) -> QuerySet[Return]:
    rows = Return.objects.filter(concerned([actor.organisation_id]))
    return rows.select_related(
        "organisation", "from_organisation", "to_organisation", "intermediary", "responsible", "agreement"
    )


def concerned_by(group: Return) -> set[int]:
    """Return the ids of the organisations that are named on it."""
    named = (group.from_organisation_id, group.to_organisation_id, group.intermediary_id)
    return {end for end in named if end is not None}


def sees_helper(actor: Actor, group: Return) -> bool:
    """Whether the actor needs to know who stands between the two sides of this return."""
    return actor.organisation_id == group.intermediary_id or bool(actor.roles & OFFICERS)


def reads_words(organisations: Collection[int], wish: Wish) -> bool:
    """Whether one of these heard or recorded the wish: the words are theirs, the outcome is everyone's."""
    return wish.stated_to_id in organisations or wish.organisation_id in organisations
