"""What people settle by hand: the sender's tie, the addressee, a flag that was looked at, a note."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction

from exchanges.access import rounds
from exchanges.actions import settle_addressees
from parcels.actions import Refused, observe
from parcels.models import Note, Parcel
from people import bulk, vault
from people.actors import OFFICERS, Actor, announce
from people.acts import Act
from people.audit import record
from people.models import Role
from people.queries import key_of

NOTE_PLACE: Final = "parcels.note"
_CHECKS_TIES: Final = frozenset({Role.REGISTRAR.value, Role.LIAISON.value})


def check_ties(numbers: Collection[str], *, by: Actor, now: datetime) -> int:
    """Record that `by` has checked how the senders are tied to the addressees; return how many were open.

    :raises Refused: not-permitted, without the role or outside the sending organisation.
    """
    if not by.roles & _CHECKS_TIES:
        raise Refused("not-permitted")
    with transaction.atomic():
        announce(by)
        open_ = Parcel.objects.select_for_update(of=("self",)).filter(
            number__in=numbers, round__sending=by.organisation_id, tie_checked_by=None
        )
        ids = list(open_.order_by("pk").values_list("pk", flat=True))
        Parcel.objects.filter(pk__in=ids).update(tie_checked_by=by.staff_id)
        record(by, Act.CHECK_TIE, "parcel", ids, now=now)
        return len(ids)


def settle(numbers: Collection[str], how: str, *, by: Actor, now: datetime) -> int:
    """Settle the addressees of these parcels for their holding sides; return how many were not settled yet.

    :raises Refused: not-permitted, if `by` is no officer.
    """
    if not by.roles & OFFICERS or by.staff_id is None:
        raise Refused("not-permitted")
    with transaction.atomic():
        announce(by)
        ends = (
            Parcel.objects.filter(number__in=numbers)
            .filter(round__in=rounds(by))
            .values_list("recipient_id", "round__holding_id")
        )
        return settle_addressees(set(ends), how, staff_id=by.staff_id, now=now)


def unflag(number: str, *, by: Actor, now: datetime) -> None:
    """Take the flag off a parcel somebody has looked at.

    :raises Refused: not-permitted if `by` is no officer, unknown-parcel, or not-now where there is no flag.
    """
    if not by.roles & OFFICERS:
        raise Refused("not-permitted")
    with transaction.atomic():
        parcel = (
            Parcel.objects.select_for_update(of=("self",)).filter(number=number, round__in=rounds(by)).first()
        )
        if parcel is None:
            raise Refused("unknown-parcel")
        if not parcel.flagged:
            raise Refused("not-now", "It is not flagged.")
        observe([number], "unflag", by=by, now=now)
        Parcel.objects.filter(pk=parcel.pk).update(flagged=False)


def write_note(parcel: Parcel, about: int, text: str, *, by: Actor, now: datetime) -> Note:
    """Keep words about a person, sealed under that person's key, apart from the movements.

    :raises Refused: validation, if it is about nobody of this parcel.
    :raises PersonKey.DoesNotExist: once the person was erased.
    """
    if about not in (parcel.sender_id, parcel.recipient_id) or by.staff_id is None:
        raise Refused("validation", "about")
    with transaction.atomic():
        announce(by)
        pk = bulk.new_id(Note)
        return Note.objects.create(
            pk=pk,
            parcel=parcel,
            person_id=about,
            sealed=vault.seal(key_of(about), text, place=NOTE_PLACE, row=pk),
            organisation_id=by.organisation_id,
            written_by_id=by.staff_id,
            written_at=now,
        )
