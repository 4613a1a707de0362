"""Every sheet that leaves: built fresh, with what is shown and nothing else, and with no cell that computes.

A spreadsheet takes a text that begins like a formula for one (OWASP ASVS 5.0, 1.2.10), and so may one that
folds full-width signs to plain ones. Such a text is led by an apostrophe; numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Final, Protocol

_COMPUTES: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−")
# What stands before it without being seen.
_UNSEEN: Final = " \u00a0\u200b\u200c\u200d\u2060\ufeff\u3000\v\f"

Cell = str | int | float | None


class _Writes(Protocol):
    def write(self, text: str, /) -> object: ...


def plain(cell: Cell) -> Cell:
    """Return the cell so that it is shown as it stands, wherever it is opened."""
    if not isinstance(cell, str):
        return cell
    begins = cell.startswith(_COMPUTES) or cell.lstrip(_UNSEEN).startswith(_COMPUTES)
    return f"'{cell}" if begins else cell


class Sheet:
    """CSV, a row at a time."""

    def __init__(self, file: _Writes, columns: Iterable[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self.add(columns)

    def add(self, row: Iterable[Cell]) -> None:
        self._writer.writerow([_one_break(plain(cell)) for cell in row])

    def add_all(self, rows: Iterable[Iterable[Cell]]) -> None:
        for row in rows:
            self.add(row)


def _one_break(cell: Cell) -> Cell:
    """Break lines in one way: the writer puts no quotation marks about the other."""
    return cell.replace("\r\n", "\n").replace("\r", "\n") if isinstance(cell, str) else cell
