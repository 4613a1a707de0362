"""The families' slips of a round: the one way in which receipt codes leave the product in numbers.

Codes are made again from their seeds, rendered in memory, and each print is an observation on each parcel.
Outside a demonstration two officers allow every print, and what they allowed is good once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from exchanges.models import Round
from parcels import codes, papers
from parcels.actions import observe
from parcels.lifecycle import END, Status
from parcels.models import Parcel
from people import approvals
from people.actors import OFFICERS, Actor
from people.models import Approval, AuditEntry

PRINT: Final = "print_slips"
_SUBJECT: Final = "round"


class NotApproved(Exception):
    """Two officers have not allowed this print, or it was done already; the message says which."""


class NothingToPrint(Exception):
    """The organisation has no parcel in the round whose slip may be given."""


def propose(round_: Round, *, by: Actor, now: datetime) -> Approval:
    """Propose one print of the slips of `by`'s organisation in this round.

    :raises approvals.NotYours: if `by` is no officer of the sending organisation
    :raises approvals.NotOpen: if that is proposed already
    """
    if not by.roles & OFFICERS or by.organisation_id != round_.sending_id:
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

    :raises NotApproved: outside a demonstration, without an approval that is good for this
    :raises NothingToPrint: when there is no such parcel
    :raises OSError: when the file cannot be written; nothing is recorded then
    """
    with transaction.atomic():
        _use_up(round_, by, approval, now)
        seeds = dict(_printable(round_, by).order_by("pk").values_list("number", "seed"))
        if not seeds:
            raise NothingToPrint
        key = bytes.fromhex(settings.KEYS.code)
        slips = [
            papers.Slip(number, codes.receipt_code(key, bytes(seed)), round_.reference)
            for number, seed in seeds.items()
        ]
        pdf = papers.slips(slips, base_url=settings.PUBLIC_URL, printed_on=now.date(), on_page=on_page)
        details = {"approval": approval} if approval else {}
        observe(list(seeds), PRINT, by=by, now=now, details=details)
        _keep(path, pdf)
        return len(slips)


def _printable(round_: Round, by: Actor) -> QuerySet[Parcel]:
    """Once handed over, a code is given again by two officers only, and with a new seed."""
    return (
        Parcel.objects.filter(round=round_, organisation=by.organisation_id, code_hash__isnull=False)
        .exclude(status__in=END)
        .exclude(movements__status=Status.HANDED_OVER)
    )


def _use_up(round_: Round, by: Actor, reference: int | None, now: datetime) -> None:
    entry = AuditEntry(staff_id=by.staff_id, act=PRINT, at=now)
    if reference is None:
        if not round_.demonstration:
            raise NotApproved("Slips of real families need an approval of two officers.")
        entry.subject_kind, entry.subject = _SUBJECT, round_.pk
    else:
        _check(round_, by, reference)
        entry.subject_kind, entry.subject = "approval", reference
    entry.save(force_insert=True)


def _check(round_: Round, by: Actor, reference: int) -> None:
    approval = Approval.objects.select_for_update().filter(pk=reference, act=PRINT).first()
    if (
        approval is None
        or approval.decision != Approval.Decision.CONFIRMED
        or (approval.subject_kind, approval.subject) != (_SUBJECT, round_.pk)
        or approval.organisation_id != by.organisation_id
    ):
        raise NotApproved("This is no approval of two officers for slips of this round.")
    if AuditEntry.objects.filter(act=PRINT, subject_kind="approval", subject=reference).exists():
        raise NotApproved("What was approved has been printed already.")


def _keep(path: Path, pdf: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pdf)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
