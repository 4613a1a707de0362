"""A file as rows of texts, whichever program wrote it. A file can be gone through any number of times."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

from python_calamine import CalamineSheet, CalamineWorkbook

from people import workbook
from people.workbook import MIB, MOST_ROWS, Unreadable

__all__ = ["Row", "Table", "Unreadable", "opened"]

MOST_BYTES: Final = 64 * MIB
ZIP: Final = b"PK"
# An encrypted XLSX is kept in the container of the old XLS.
OLE: Final = b"\xd0\xcf\x11\xe0"
_BLOCK: Final = MIB


class Row(NamedTuple):
    """`number` as a spreadsheet counts: the header is row 1."""

    number: int
    cells: Sequence[str]


class Table(Protocol):
    estimate: int
    """About how many rows."""
    remark: str

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not blank, the header first.

        :raises Unreadable: when it cannot be read to its end
        """


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """:raises Unreadable: when it is not there, too large, or neither CSV nor XLSX"""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unreadable(f"The file cannot be opened: {os.strerror(error.errno or 0)}.") from None
    with file:
        yield _table(file, path)


def _table(file: BinaryIO, path: Path) -> Table:
    size = os.fstat(file.fileno()).st_size
    if not path.is_file() or size == 0:
        raise Unreadable("The file is empty.")
    if size > MOST_BYTES:
        raise Unreadable("The file is larger than 64 MiB.")
    start = file.read(4)
    file.seek(0)
    if start == OLE:
        raise Unreadable("The workbook has a password or is an old XLS: save it as XLSX without a password.")
    if start.startswith(ZIP):
        if path.suffix.lower() != ".xlsx":
            raise Unreadable("The file is an archive or a workbook: an XLSX workbook is named XLSX.")
        return _Xlsx(file)
    if path.suffix.lower() == ".xlsx":
        raise Unreadable("The file is named XLSX and is not an XLSX workbook.")
    return _Csv(file)


class _Csv:
    remark = ""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.estimate = sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))

    def rows(self) -> Iterator[Row]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        number = 0
        try:
            lines = _without_nul(text)
            header = next((line for line in lines if line.strip()), "")
            if not header:
                return
            separator = ";" if header.count(";") > header.count(",") else ","
            yield from _numbered([header], separator)
            for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), 2):
                if any(cells):
                    yield Row(_within_limit(number), cells)
        except UnicodeDecodeError:
            raise Unreadable("The file is not UTF-8 text: save it as CSV in UTF-8.") from None
        except csv.Error:
            raise Unreadable(
                f"The file is not well-formed CSV after row {number or 1}: a quotation mark is not closed"
                " or out of place, or a cell has over 131,072 characters."
            ) from None
        finally:
            text.detach()


def _numbered(header: list[str], separator: str) -> Iterator[Row]:
    yield from (Row(1, cells) for cells in csv.reader(header, delimiter=separator, strict=True))


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise Unreadable("The file holds NUL characters, so it is no text: save it as CSV in UTF-8.")
        yield line


class _Xlsx:
    def __init__(self, file: BinaryIO) -> None:
        workbook.check(file)
        file.seek(0)
        self._sheet, count = _first_sheet(file)
        self.estimate = self._sheet.height
        self.remark = "Only the first sheet was read." if count > 1 else ""

    def rows(self) -> Iterator[Row]:
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            texts = [_text(cell) for cell in cells]
            if any(texts):
                yield Row(_within_limit(number), texts)


def _first_sheet(file: BinaryIO) -> tuple[CalamineSheet, int]:
    try:
        book = CalamineWorkbook.from_filelike(file)
        return book.get_sheet_by_index(0), len(book.sheet_names)
    except Exception:
        # Whatever it stumbled over may stand in its message.
        raise workbook.damaged() from None


def _text(cell: object) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return str(cell)
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
    return str(cell)


def _within_limit(number: int) -> int:
    if number > MOST_ROWS + 1:
        raise Unreadable(f"The file has more than {MOST_ROWS:,} rows.")
    return number
