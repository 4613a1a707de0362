"""Questions about returns: who is on them, what each wishes, who was asked and is silent, who counts what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from exchanges import access, sealed, wishes
from exchanges.models import Agreement, Count, Question, Return, ReturnPerson, Whereabouts, Wish
from people.actors import Actor
from people.models import Organisation
from people.queries import names_of


class Member(NamedTuple):
    """One person on a return, as an officer sees them: where they are is shown apart."""

    row: ReturnPerson
    name: str
    wish: Wish | None
    earlier: int
    """Wishes told before the newest."""
    in_the_way: str | None
    """Why they cannot travel yet."""
    where: Whereabouts | None


class Silence(NamedTuple):
    """A question without a reply. It says nothing of what the reply would be."""

    question: Question
    since: date


def wishes_of(members: Iterable[ReturnPerson]) -> dict[int, list[wishes.Said]]:
    """Return what each person said they wish, by the id of their place on the return."""
    told: dict[int, list[wishes.Said]] = {member.pk: [] for member in members}
    for wish in Wish.objects.filter(member__in=told).select_related("stated_to"):
        told[wish.member_id].append(_said(wish))
    return told


def _said(wish: Wish) -> wishes.Said:
    return wishes.Said(
        wish.stated_on, wish.pk, wish.wants, wish.in_private or wish.stated_to.party_id is None
    )


def members_of(members: Collection[ReturnPerson]) -> list[Member]:
    """Return the persons with their names, newest wish and newest whereabouts, in as many queries for any."""
    names = names_of(member.person_id for member in members)
    told: dict[int, list[Wish]] = {member.pk: [] for member in members}
    for wish in Wish.objects.filter(member__in=told).select_related("stated_to").order_by("stated_on", "pk"):
        told[wish.member_id].append(wish)
    places = Whereabouts.objects.filter(member__in=told).select_related("stated_by", "responsible")
    where = {place.member_id: place for place in places.order_by("since_on", "pk")}
    return [
        Member(
            member,
            names.get(member.person_id, sealed.ERASED),
            told[member.pk][-1] if told[member.pk] else None,
            max(len(told[member.pk]) - 1, 0),
            wishes.in_the_way(map(_said, told[member.pk])),
            where.get(member.pk),
        )
        for member in members
    ]


def silences(group: Return) -> list[Silence]:
    """Return the oldest question to each side that no reply was recorded to."""
    found: dict[int, Silence] = {}
    open_ = group.questions.filter(reply=None).select_related("asked_by", "asked_of", "group")
    for question in open_.order_by("asked_on", "pk"):
        found.setdefault(question.asked_of_id, Silence(question, question.asked_on))
    return list(found.values())


class EachWay(NamedTuple):
    """What was counted of people returned in one direction. Every count stands for itself."""

    from_organisation: Organisation
    to_organisation: Organisation
    counts: list[Count]


def returned_each_way(agreement: Agreement, *, for_: Actor) -> list[EachWay]:
    """Return all counts of returned people under an agreement, by direction; no sum, for they overlap.

    Each count carries its number, scope, source, dates and document.
    """
    returned = (Count.Scope.RETURNED, Count.Scope.OWN_OPERATIONS)
    counts = (
        Count.objects.filter(group__in=access.returns(for_).filter(agreement=agreement), scope__in=returned)
        .select_related("group__from_organisation", "group__to_organisation", "stated_by")
        .order_by("group__from_organisation__code", "group__to_organisation__code", "said_on", "pk")
    )
    ways: dict[tuple[int, int], EachWay] = {}
    for count in counts:
        group = count.group
        way = EachWay(group.from_organisation, group.to_organisation, [])
        ways.setdefault((group.from_organisation_id, group.to_organisation_id), way).counts.append(count)
    return list(ways.values())
