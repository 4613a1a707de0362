"""Parcels that travel together: a consignment is made, filled by `pack`, sealed, and leaves whole."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from exchanges.models import Round
from parcels.actions import Refused, Result, Step, advance
from parcels.lifecycle import Status
from parcels.models import Consignment
from people.actors import Actor, announce
from people.models import Role

_TRIES: Final = 5


def make(round_: Round, *, by: Actor, now: datetime) -> Consignment:
    """:raises Refused: not-permitted, or unknown-parcel outside the sending organisation's rounds."""
    _may(round_, by)
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                announce(by)
                return Consignment.objects.create(
                    number=f"C{secrets.randbelow(10**7):07}",
                    round=round_,
                    organisation_id=by.organisation_id,
                    made_at=now,
                )
        except IntegrityError:
            continue
    raise Refused("not-now", "No free number was found; please try again.")


def seal(number: str, with_seal: str, *, by: Actor) -> Consignment:
    """Close a consignment: from now on nothing comes in, and nothing leaves without breaking its seal.

    :raises Refused: validation without a seal, not-now if it is sealed, empty, or the seal is on another.
    """
    with transaction.atomic():
        announce(by)
        consignment = _its(number, by, lock=True)
        if not with_seal:
            raise Refused("missing-detail", "seal")
        if consignment.status != Consignment.Status.OPEN:
            raise Refused("not-now", "The consignment is sealed already.")
        if not consignment.parcels.filter(status=Status.PACKED).exists():
            raise Refused("not-now", "The consignment is empty.")
        if Consignment.objects.filter(organisation=consignment.organisation_id, seal=with_seal).exists():
            raise Refused("not-now", "This seal is on another consignment.")
        consignment.status, consignment.seal = Consignment.Status.SEALED, with_seal
        consignment.save(update_fields=["status", "seal"])
        return consignment


def dispatch(
    number: str,
    with_seal: str,
    *,
    by: Actor,
    now: datetime,
    happened_at: datetime | None = None,
    external_id: str | None = None,
) -> list[Result]:
    """Send every parcel of it on its way, all or none. Repeated with its `external_id` it changes nothing.

    :raises Refused: not-permitted, or unknown-parcel for another's consignment.
    """
    # Not locked here: `advance` locks parcels before their consignment, and checks that it leaves whole.
    consignment = _its(number, by)
    numbers = consignment.parcels.filter(status__in=(Status.PACKED, Status.DISPATCHED))
    steps = [
        Step(
            parcel,
            "dispatch",
            happened_at or now,
            f"{external_id}:{parcel}" if external_id else None,
            {"seal": with_seal},
        )
        for parcel in numbers.order_by("pk").values_list("number", flat=True)
    ]
    return advance(steps, by=by, now=now)


def _its(number: str, by: Actor, *, lock: bool = False) -> Consignment:
    rows = Consignment.objects.select_for_update(of=("self",)) if lock else Consignment.objects.all()
    consignment = rows.select_related("round").filter(number=number).first()
    if consignment is None:
        raise Refused("unknown-parcel")
    _may(consignment.round, by)
    return consignment


def _may(round_: Round, by: Actor) -> None:
    if by.organisation_id != round_.sending_id:
        raise Refused("unknown-parcel")
    if Role.DISPATCHER not in by.roles:
        raise Refused("not-permitted")
