"""Which agreements and rounds an organisation may see: those it is a party to."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from exchanges.models import Agreement, Round
from people.actors import Actor
from people.models import Role

_SEES_INTERMEDIARY = frozenset({Role.DISPATCHER.value, Role.LIAISON.value})


def rounds(actor: Actor) -> QuerySet[Round]:
    ours = actor.organisation_id
    return Round.objects.filter(Q(sending=ours) | Q(neutral=ours) | Q(holding=ours)).select_related(
        "agreement", "terms", "sending", "holding", "neutral", "mirror", "mirrored_by"
    )


def agreements(actor: Actor) -> QuerySet[Agreement]:
    """Return those it signed, or under which it has a round: a neutral agency signs nothing."""
    ours = actor.organisation_id
    return Agreement.objects.filter(
        Q(signatories=ours) | Q(pk__in=rounds(actor).order_by().values("agreement"))
    ).distinct()


def sees_intermediary(actor: Actor, round_: Round) -> bool:
    """Whether the actor needs to know who stands between the two sides of this round."""
    return actor.organisation_id != round_.sending_id or bool(actor.roles & _SEES_INTERMEDIARY)
