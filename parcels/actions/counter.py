"""One parcel declared at a counter, and taken in at once where it was weighed there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from exchanges.models import Round
from parcels.actions.advance import advance
from parcels.actions.register import Registered, register
from parcels.actions.steps import Refused, Result, Step
from parcels.declarations import Declaration
from people.actors import Actor


class Declared(NamedTuple):
    registered: Registered
    taken_in: Result | None
    """None where it was not weighed, or nothing was registered."""


def declare(
    declaration: Declaration,
    *,
    round_: Round,
    by: Actor,
    now: datetime,
    gross_mass_g: int | None = None,
    place: str | None = None,
) -> Declared:
    """Register the parcel and, with its mass, take it in; sent again it is found registered and taken in.

    The mass is no part of the declaration: whoever sends the form again does so at another moment.

    :raises Refused: if either may not be done now; then neither is.
    """
    with transaction.atomic():
        (registered,) = register([declaration], round_=round_, by=by, now=now)
        if registered.number is None or gross_mass_g is None:
            return Declared(registered, None)
        details = {"gross_mass_g": gross_mass_g, "place": place or round_.collection_point}
        step = Step(registered.number, "accept", now, f"{declaration.external_id}:accept", details)
        (taken_in,) = advance([step], by=by, now=now)
        if taken_in.problem:
            raise Refused(taken_in.problem, taken_in.detail)
        return Declared(registered, taken_in)
