"""How a consignment travels, and through whose hands: told by who dispatches it, shown for a stated purpose.

It is sealed under the consignment's own key, so the database holds no word of it, and each look is recorded.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from parcels.actions import Refused
from parcels.models import Consignment, Parcel
from people import audit, datakeys
from people.actors import Actor, announce
from people.acts import Act
from people.models import Purpose, Role

PLACE: Final = "parcels.consignment.route"
MOST_LETTERS: Final = 300
PURPOSES: Final = tuple(
    (each.value, each.label) for each in (Purpose.PARCEL_DELIVERY, Purpose.VERIFICATION, Purpose.INCIDENT)
)
_KIND: Final = datakeys.Kind.CONSIGNMENT


class Route(NamedTuple):
    carrier: str = ""
    way: str = ""
    intermediary: str = ""
    """Who stands between the two sides on the way, where that is not the round's own organisation."""
    handed_over_at: str = ""
    """The place."""


def may_tell(consignment: Consignment, by: Actor) -> bool:
    return by.organisation_id == consignment.round.sending_id and Role.DISPATCHER.value in by.roles


def may_look(consignment: Consignment, by: Actor) -> bool:
    """Whether they dispatch it, stand between the two sides, or hold it."""
    if may_tell(consignment, by):
        return True
    holds = Parcel.objects.filter(consignment=consignment, holder=by.organisation_id)
    is_neutral = by.organisation_id == consignment.round.neutral_id
    return by.acts_in_relations and (
        is_neutral or (by.organisation_id != consignment.round.sending_id and holds.exists())
    )


def tell(consignment: Consignment, route: Route, *, by: Actor, now: datetime) -> None:
    """Write down the route; a later word takes the place of the one before.

    :raises Refused: not-permitted, if `by` does not dispatch it; not-now, once it was handed over;
        validation, where a text is too long
    :raises Locked: while the key-encryption key is not in memory
    """
    if not may_tell(consignment, by):
        raise Refused("not-permitted")
    if any(len(text) > MOST_LETTERS or "\x00" in text for text in route):
        raise Refused("validation", "route")
    with transaction.atomic():
        announce(by)
        kept = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
        if kept.status == Consignment.Status.HANDED_OVER:
            raise Refused("not-now", "It was handed over.")
        text = json.dumps(route._asdict(), ensure_ascii=False)
        kept.sealed_route = datakeys.seal(_KIND, kept.pk, text, place=PLACE, row=kept.pk)
        kept.save(update_fields=["sealed_route"])
        _audit(Act.TELL_ROUTE, kept, "", by, now)


def look(consignment: Consignment, purpose: str, *, by: Actor, now: datetime) -> Route | None:
    """Return the route, None while nobody has told it; the look is recorded.

    :raises Refused: not-permitted, if it is not theirs to know; validation, without a known purpose
    :raises Locked: while the key-encryption key is not in memory
    """
    if not may_look(consignment, by):
        raise Refused("not-permitted")
    if purpose not in dict(PURPOSES):
        raise Refused("validation", "purpose")
    with transaction.atomic():
        announce(by)
        _audit(Act.SEE_ROUTE, consignment, purpose, by, now)
        sealed = consignment.sealed_route
        if sealed is None:
            return None
        text = datakeys.unseal(_KIND, consignment.pk, sealed, place=PLACE, row=consignment.pk)
        return Route(way=text) if text == datakeys.ERASED else Route(**json.loads(text))


def _audit(act: Act, consignment: Consignment, purpose: str, by: Actor, now: datetime) -> None:
    audit.record(by, act, "consignment", consignment.pk, purpose=purpose, now=now)
