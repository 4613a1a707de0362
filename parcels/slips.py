"""The families' slips: of one parcel for its sender at the counter, or of a round, all at once.

Codes are made again from their seeds, rendered in memory, and each print is an observation on each parcel.
Only by a round's slips do receipt codes leave the product in numbers: outside a demonstration two officers
allow every such print, and what they allowed is good once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from exchanges.models import Round
from parcels import papers, receipt_codes
from parcels.actions import Refused, observe
from parcels.lifecycle import END, Status
from parcels.models import Parcel
from people import approvals
from people.actors import Actor
from people.acts import Act
from people.audit import By, record
from people.models import Approval

PRINT: Final = "print_slips"
_SUBJECT: Final = "round"


class NothingToPrint(Exception):
    """The organisation has no such parcel, or none whose slip may be given."""


def propose(round_: Round, *, by: Actor, now: datetime) -> Approval:
    """Propose one print of the slips of `by`'s organisation in this round.

    :raises approvals.NotYours: if `by` is no officer of the sending organisation
    :raises approvals.NotOpen: if that is proposed already
    """
    if by.organisation_id != round_.sending_id:
        raise approvals.NotYours
    return approvals.propose(_SUBJECT, round_.pk, PRINT, by=by, details={}, now=now)


@approvals.carries_out(PRINT)
def _allow(approval: Approval, by: Actor, now: datetime) -> None:
    """Nothing happens yet: who prints names the approval, and uses it up."""


def print_slips(
    round_: Round,
    path: Path,
    *,
    by: Actor,
    approval: int | None,
    now: datetime,
    on_page: Callable[[int, int], None] | None = None,
) -> int:
    """Write a PDF of the slips of `by`'s organisation that only we can read; return how many they are.

    :raises approvals.NotApproved: outside a demonstration, without an approval that is good for this
    :raises NothingToPrint: when there is no such parcel
    :raises OSError: when the file cannot be written; nothing is recorded then
    """
    with transaction.atomic():
        _use_up(round_, by, approval, now)
        parcels = printable(by).filter(round=round_).order_by("pk")
        kept = list(parcels.values_list("number", "seed", "code_key_version"))
        if not kept:
            raise NothingToPrint
        slips = [_slip(number, seed, version, round_) for number, seed, version in kept]
        pdf = papers.slips(slips, base_url=settings.PUBLIC_URL, printed_on=now.date(), on_page=on_page)
        details = {"approval": approval} if approval else {}
        observe([number for number, *_ in kept], PRINT, by=by, now=now, details=details)
        _keep(path, pdf)
        return len(slips)


def print_one(number: str, *, by: Actor, now: datetime) -> bytes:
    """Return the PDF of one parcel's slip, for a registrar to give to its sender; it is kept nowhere.

    :raises Refused: not-permitted, if `by` is no registrar
    :raises NothingToPrint: if it is no parcel of theirs, or its slip may not be given by one person
    """
    if "registrar" not in by.roles:
        raise Refused("not-permitted")
    with transaction.atomic():
        parcel = (
            printable(by)
            .select_for_update(of=("self",))
            .select_related("round")
            .filter(number=number)
            .first()
        )
        if parcel is None:
            raise NothingToPrint
        record(by, Act.PRINT_SLIPS, "parcel", parcel.pk, now=now)
        observe([number], PRINT, by=by, now=now)
        slip = _slip(number, parcel.seed, parcel.code_key_version, parcel.round)
        return papers.slips([slip], base_url=settings.PUBLIC_URL, printed_on=now.date())


def _slip(number: str, seed: bytes | memoryview, version: int, round_: Round) -> papers.Slip:
    return papers.Slip(number, receipt_codes.code_of(seed, version), round_.reference)


def printable(by: Actor) -> QuerySet[Parcel]:
    """Once handed over, a code is given again by two officers only, and with a new seed.

    An end that no liaison has released is none yet: no slip refused may tell of it.
    """
    return (
        Parcel.objects.filter(organisation=by.organisation_id, code_hash__isnull=False)
        .filter(~Q(status__in=END) | Q(held_from__isnull=False))
        .exclude(movements__status=Status.HANDED_OVER)
    )


def _use_up(round_: Round, by: Actor, reference: int | None, now: datetime) -> None:
    if reference is None and round_.demonstration:
        record(by if by.staff_id else By.COMMAND, Act.PRINT_SLIPS, _SUBJECT, round_.pk, now=now)
    elif reference is None:
        raise approvals.NotApproved("Slips of real families need an approval of two officers.")
    else:
        approvals.use_up(
            reference,
            _SUBJECT,
            round_.pk,
            PRINT,
            office_id=by.organisation_id,
            staff_id=by.staff_id,
            now=now,
        )


def _keep(path: Path, pdf: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pdf)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
