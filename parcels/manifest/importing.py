"""Both passes over a manifest: one that only looks, and one that writes in a single transaction."""

from __future__ import annotations

import gc
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

from django.db import transaction

from exchanges.models import Round
from parcels.actions.register import (
    Before,
    Registered,
    check_round,
    once_more_if_another_was_first,
    registered_before,
    repeated,
    take_in,
)
from parcels.declarations import Declaration
from parcels.manifest import checks, columns, results
from parcels.manifest.checks import ANOTHER, Checked
from parcels.manifest.results import Results
from parcels.progress import Show
from people import bulk, tables
from people.actors import Actor, announce
from people.tables import Table, Unreadable

TOGETHER: Final = 1_000
"""Parcels in one call of `take_in`: more is hardly faster and takes more memory."""
REUSED: Final = "external_id: used before with other content"

Judge = Callable[[Sequence[Declaration]], Sequence[Registered]]
Bar = Callable[[str, int], AbstractContextManager[Show]]


class Outcome(NamedTuple):
    """Rows by what became of them, and whether a fault stands in the way of the others."""

    rows: Counter[str]
    partial: bool
    unknown_columns: tuple[str, ...]
    remark: str
    result: Path

    @property
    def exit_code(self) -> int:
        if not self.rows["rejected"]:
            return 0
        return 1 if self.partial else 2


def run(
    path: Path, round_: Round, *, by: Actor, now: datetime, dry_run: bool, partial: bool, bar: Bar
) -> Outcome:
    """Check the file, write it unless a fault forbids, and leave a result file beside it.

    :raises Unreadable: when the file cannot be taken, or changed meanwhile; nothing was written
    :raises Refused: if nothing may be registered in this round now
    """
    check_round(round_, by=by, now=now)
    result = results.beside(path)
    with tables.opened(path) as table, results.kept(result) as lines, _few_collections():
        layout = columns.read(_header(table))
        work = _Work(table, layout, lines, now, bar)
        rows = work.go("Checking", _Trial(round_, by))
        if rows["valid"] and not dry_run and (partial or not rows["rejected"]):
            rows = once_more_if_another_was_first(lambda: _write(work, round_, by, now, partial))
        return Outcome(rows, partial, layout.unknown, table.remark, result)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Rows hold no cycles: looking for some among those that come and go takes a twentieth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _header(table: Table) -> Sequence[str]:
    first = next(table.rows(), None)
    if first is None:
        raise Unreadable("The file is empty.")
    return first.cells


def _write(work: _Work, round_: Round, by: Actor, now: datetime, partial: bool) -> Counter[str]:
    with transaction.atomic(), bulk.Background() as writer:
        announce(by)
        rows = work.go("Writing", lambda chunk: take_in(chunk, round_=round_, by=by, now=now, writer=writer))
        if rows["rejected"] and not partial:
            raise Unreadable(
                "Somebody else registered parcels of this file meanwhile: nothing was written, start again."
            )
        return rows


class _Work(NamedTuple):
    table: Table
    layout: columns.Layout
    results: Results
    now: datetime
    bar: Bar

    def go(self, what: str, judge: Judge) -> Counter[str]:
        """Go through the file once, have each sound parcel judged, and write down what became of each row."""
        self.results.begin()
        counted: Counter[str] = Counter()
        with self.bar(what, self.table.estimate) as show:
            for chunk in self._chunks():
                declared = [each.declaration for each in chunk if each.declaration]
                answers = iter(judge(declared))
                for each in chunk:
                    status = self._note(each, next(answers) if each.declaration else None)
                    counted[status] += len(each.rows)
                show(counted.total())
        if not counted:
            raise Unreadable("The file has columns and no rows.")
        return counted

    def _chunks(self) -> Iterator[list[Checked]]:
        rows = islice(self.table.rows(), 1, None)
        found = checks.parcels(rows, self.layout, now=self.now)
        for first in found:
            yield [first, *islice(found, TOGETHER - 1)]

    def _note(self, each: Checked, answer: Registered | None) -> str:
        status = answer.result if answer else "rejected"
        for row in each.rows:
            errors = each.faults.get(row) or []
            if status == "rejected" and not errors:
                errors = [REUSED if answer else f"external_id: {ANOTHER}"]
            self.results.add(row, each.external_id, status, answer.number if answer else None, errors)
        return status


class _Trial:
    """Says what registering would do, and does nothing."""

    def __init__(self, round_: Round, by: Actor) -> None:
        self._round, self._by = round_, by
        self._seen = _Seen()

    def __call__(self, declarations: Sequence[Declaration]) -> Sequence[Registered]:
        before = registered_before([each.external_id for each in declarations], self._by)
        return [self._judge(each, before) for each in declarations]

    def _judge(self, declaration: Declaration, before: Mapping[str, Before]) -> Registered:
        external_id = declaration.external_id or ""
        if external_id in before:
            return repeated(external_id, declaration.canonical(self._round.pk), before[external_id])
        match self._seen.put(external_id, _fingerprint(declaration)):
            case None:
                return Registered("valid", external_id)
            case same:
                return Registered("unchanged" if same else "rejected", external_id)


def _fingerprint(declaration: Declaration) -> int:
    """Return what tells a repeat from a change within one run; the keyed hash takes ten times as long."""
    contact = tuple((declaration.sender.contact or {}).items())
    return hash((contact, declaration._replace(sender=declaration.sender._replace(contact=None))))


class _Seen:
    """External ids of this file, each with a hash of its content: 4 MiB, however many they are."""

    _SLOTS: Final = 2**18  # over twice the rows a file may have

    def __init__(self) -> None:
        self._ids = array("Q", bytes(8 * self._SLOTS))
        self._contents = array("Q", bytes(8 * self._SLOTS))

    def put(self, external_id: str, content: int) -> bool | None:
        """Remember it; return None if it is new, else whether it came with the same content before."""
        key = hash(external_id) % 2**64 or 1
        content_key = content % 2**64
        for place in chain(range(key % self._SLOTS, self._SLOTS), range(self._SLOTS)):
            if self._ids[place] == key:
                return self._contents[place] == content_key
            if not self._ids[place]:
                self._ids[place], self._contents[place] = key, content_key
                return None
        raise OverflowError
