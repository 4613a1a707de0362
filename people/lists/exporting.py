"""A comparison with its names, as a file: two officers allow each, and it is good once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TextIO

from people import approvals
from people.actors import Actor
from people.lists.keeping import Opened, open_entries
from people.models import Approval, ComparedRow, ListComparison, ListEntry
from people.opening import How, opened
from people.resemblance import WORDS
from people.spreadsheets import Sheet

EXPORT: Final = "export"
SUBJECT: Final = "comparison"
COLUMNS: Final = (
    "group",
    "our_row", "our_name", "our_birth_date", "our_service_number",
    "their_row", "their_name", "their_birth_date", "their_service_number",
    "reasons",
)  # fmt: skip


def propose_export(comparison: ListComparison, *, by: Actor, now: datetime) -> Approval:
    """Propose one export of a comparison.

    :raises approvals.NotYours: if `by` is no officer of the office whose comparison it is
    :raises approvals.NotOpen: if that is proposed already
    """
    if by.organisation_id != comparison.office_id:
        raise approvals.NotYours
    return approvals.propose(SUBJECT, comparison.pk, EXPORT, by=by, details={}, now=now)


@approvals.carries_out(EXPORT)
def _allow(approval: Approval, by: Actor, now: datetime) -> None:
    """Nothing happens yet: who exports uses the approval up."""


def usable_export(comparison: ListComparison) -> Approval | None:
    """Return an approval of this comparison's export that was not used yet."""
    unused = approvals.unused(SUBJECT, comparison.pk, EXPORT, office_id=comparison.office_id)
    return unused.order_by("pk").first()


def export(
    comparison: ListComparison, file: TextIO, *, approval: int | None, staff_id: int | None, now: datetime
) -> int:
    """Write the comparison as CSV, its names as each list has them; return how many rows. In a transaction.

    :param staff_id: who fetches it; None on the server's own command line
    :raises approvals.NotApproved: without an approval of two officers that is good for this
    """
    approvals.use_up(
        approval, SUBJECT, comparison.pk, EXPORT, office_id=comparison.office_id, staff_id=staff_id, now=now
    )
    who = Actor("staff", comparison.office_id, staff_id=staff_id)
    opened(who, _people(comparison), How.EXPORT_BY_TWO)
    sheet, count = Sheet(file, COLUMNS), 0
    for row in _rows(comparison):
        sheet.add(row)
        count += 1
    return count


def _people(comparison: ListComparison) -> list[int]:
    """Return those on record who are on one of the lists; of the others the lists tell."""
    entries = ListEntry.objects.filter(list__in=(comparison.ours_id, comparison.theirs_id))
    return [pk for pk in entries.values_list("person", flat=True) if pk is not None]


def _rows(comparison: ListComparison) -> Iterator[tuple[str, ...]]:
    lists = ListEntry.objects.filter(list__in=(comparison.ours_id, comparison.theirs_id))
    told = {each.id: each for each in open_entries(lists)}
    for row in ComparedRow.objects.filter(comparison=comparison).order_by("pk"):
        reasons = "; ".join(WORDS[code] for code in row.reasons)
        yield (
            row.get_kind_display(),
            *_told(told.get(row.ours_id or 0)),
            *_told(told.get(row.theirs_id or 0)),
            reasons,
        )


def _told(opened: Opened | None) -> tuple[str, str, str, str]:
    if opened is None:
        return ("", "", "", "")
    if opened.entry is None:
        return (str(opened.number), "erased", "", "")
    entry = opened.entry
    return (str(entry.number), entry.name, entry.birth_date or entry.note, entry.service_number)
