"""A list as a side handed it over, CSV or XLSX, its columns headed in English, Russian or Ukrainian."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from people import birth_dates, tables
from people.names.script import tidy
from people.tables import Unreadable

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "full name", "фио", "ф.и.о.", "піб", "п.і.б.", "пиб", "pib"),
    "surname": ("surname", "last name", "family name", "фамилия", "прізвище"),
    "given": ("given name", "first name", "имя", "ім'я", "імя"),
    "patronymic": ("patronymic", "father's name", "отчество", "по батькові"),
    "birth_date": ("birth date", "date of birth", "born", "дата рождения", "дата народження", "д.р.", "д.н."),
    "service_number": (
        "service number", "personal number", "number of service", "личный номер", "особистий номер",
        "жетон", "номер жетона",
    ),
}  # fmt: skip
_MOST_FAULTS: Final = 20
_MOST_NAME: Final = 200
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:\s*(?:г\.?|р\.?))?")
_MONTH_FIRST: Final = re.compile(r"(\d{1,2})[./](\d{4})")


class Entry(NamedTuple):
    """A row of a list. `birth_date` is EDTF; `note` is a date as it stood where it could not be read."""

    number: int
    name: str
    birth_date: str = ""
    service_number: str = ""
    note: str = ""


class Faulty(Exception):
    """The file is no list; the message says what to put right, row by row, and quotes nothing from it."""


def read_entries(path: Path) -> list[Entry]:
    """:raises Faulty: when it cannot be read as a list; nothing of it is kept then"""
    try:
        with tables.opened(path) as table:
            rows = list(table.rows())
    except Unreadable as why:
        raise Faulty(str(why)) from None
    if not rows:
        raise Faulty("The file is empty.")
    columns = _columns(rows[0].cells)
    entries = [_entry(row.number, row.cells, columns) for row in rows[1:]]
    if not entries:
        raise Faulty("The file has a header and no rows.")
    if faults := [f"row {entry.number}: {fault}" for entry in entries if (fault := _fault(entry))]:
        more = f" and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise Faulty("; ".join(faults[:_MOST_FAULTS]) + more + ".")
    return entries


def _columns(header: Sequence[str]) -> dict[str, int]:
    known = {_plain(word): column for column, words in COLUMNS.items() for word in words}
    found: dict[str, int] = {}
    for place, heading in enumerate(header):
        column = known.get(_plain(heading))
        if column in found:
            raise Faulty(f"Two columns are headed as {column.replace('_', ' ')}.")
        if column:
            found[column] = place
    if "name" not in found and not {"surname", "given"} <= found.keys():
        raise Faulty(
            "The first row must head the columns: name, or surname and given name;"
            " then birth date and service number as far as there are any."
        )
    return found


def _plain(heading: str) -> str:
    return re.sub(r"[\s_.]+", " ", tidy(heading).casefold()).strip()


def _entry(number: int, cells: Sequence[str], columns: Mapping[str, int]) -> Entry:
    def cell(column: str) -> str:
        place = columns.get(column, len(cells))
        return " ".join(cells[place].split()) if place < len(cells) else ""

    parts = (cell("surname"), cell("given"), cell("patronymic"))
    name = cell("name") or ", ".join(filter(None, (parts[0], " ".join(filter(None, parts[1:])))))
    said = cell("birth_date")
    born = read_date(said)
    return Entry(number, name, born or "", cell("service_number"), "" if born else said)


def _fault(entry: Entry) -> str:
    if not entry.name:
        return "no name"
    if len(entry.name) > _MOST_NAME or len(entry.service_number) > _MOST_NAME or len(entry.note) > _MOST_NAME:
        return "a cell is too long"
    return ""


def read_date(said: str) -> str | None:
    """Return EDTF for YYYY, YYYY-MM, YYYY-MM-DD, DD.MM.YYYY and MM.YYYY; None for what is no such date."""
    if found := _DAY_FIRST.fullmatch(said):
        day, month, year = found.groups()
        said = f"{year}-{month:0>2}-{day:0>2}"
    elif found := _MONTH_FIRST.fullmatch(said):
        month, year = found.groups()
        said = f"{year}-{month:0>2}"
    return said if birth_dates.known(said) else None
