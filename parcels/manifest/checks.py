"""What a row must be to become a parcel. Touches no database; a fault names its column, never its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from parcels.actions.steps import AHEAD
from parcels.declarations import MOST_MASS_G, MOST_PIECES, MOST_TEXT, Declaration, DeclaredLine
from parcels.manifest.columns import PARCEL, Layout, LineColumns
from people import dates
from people.actions import Telling
from people.tables import Row

CONTACT_BY: Final = ("phone", "email", "post", "organisation", "none")
MOST_ROWS_A_PARCEL: Final = 100

REQUIRED: Final = "required"
BOTH: Final = "gross_mass_g and accepted_at are given together or not at all"
DIFFERS: Final = "differs from the first row of this parcel"
ANOTHER: Final = "another row of this parcel has a fault"
_GRAMS: Final = f"not a whole number of grams from 1 to {MOST_MASS_G}"
_PIECES: Final = f"not a whole number from 1 to {MOST_PIECES}"
_EXTERNAL_ID: Final = re.compile(r"[^\W_][\w ./:#-]{0,99}")
_PHONE: Final = re.compile(r"(?:\+|00)?[0-9()./ -]{5,30}")
_EMAIL: Final = re.compile(r"[^@\s,;<>()\"]{1,64}@[^@\s,;<>()\"]+\.[^@\s,;<>()\".]{2,}")
_TIME: Final = re.compile(  # RFC 3339
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Checked(NamedTuple):
    """One parcel of the file. It has a declaration, or faults by row number."""

    rows: tuple[int, ...]
    external_id: str
    """Empty where it is not fit to be shown."""
    declaration: Declaration | None
    faults: dict[int, list[str]]


def parcels(rows: Iterable[Row], layout: Layout, *, now: datetime) -> Iterator[Checked]:
    rows = (Row(row.number, _clean(row.cells, layout.width)) for row in rows)
    if not layout.a_row_a_line:
        return (_check([row], layout, now) for row in rows)
    place = layout.places["external_id"]
    together = groupby(rows, key=lambda row: row.cells[place] or row.number)
    return (_check(list(group), layout, now) for _, group in together)


def _check(rows: Sequence[Row], layout: Layout, now: datetime) -> Checked:
    parcel = _Parcel(rows[0], layout, now)
    external_id = parcel.external_id()
    declaration = parcel.declaration(external_id)
    lines = [declared_lines(row, layout) for row in rows]
    faults = {row.number: [*_whole(row, layout), *wrong] for row, (_, wrong) in zip(rows, lines, strict=True)}
    faults[rows[0].number] = [*parcel.faults, *faults[rows[0].number]]
    for row in rows[1:]:
        faults[row.number] += _differences(row, rows[0], layout)
    if len(rows) > MOST_ROWS_A_PARCEL:
        faults[rows[0].number].append(f"external_id: stands in more than {MOST_ROWS_A_PARCEL} rows")
    sound = not any(faults.values())
    found = tuple(line for some, _ in lines for line in some)
    return Checked(
        tuple(row.number for row in rows),
        external_id,
        declaration._replace(lines=found) if sound else None,
        {} if sound else faults,
    )


class _Parcel:
    """The cells that tell of the parcel as a whole, and what is wrong with them."""

    def __init__(self, row: Row, layout: Layout, now: datetime) -> None:
        self._cells, self._places, self._now = row.cells, layout.places, now
        self.faults: list[str] = []

    def declaration(self, external_id: str) -> Declaration:
        """Return what the row declares; it counts only if there are no faults."""
        gross_mass_g, accepted_at = self._grams("gross_mass_g"), self._accepted_at()
        if (gross_mass_g is None) != (accepted_at is None) and not self._found("gross_mass_g", "accepted_at"):
            self._fault("accepted_at" if accepted_at is None else "gross_mass_g", BOTH)
        return Declaration(
            external_id=external_id,
            sender=Telling("sender", self._name("sender_name"), contact=self._contact()),
            recipient=Telling(
                "prisoner",
                self._name("prisoner_name"),
                self._birth_date(),
                self._text("prisoner_service_number", 60) or None,
            ),
            lines=(),
            relationship=self._text("relationship", 100) or None,
            declared_mass_g=self._grams("declared_mass_g"),
            gross_mass_g=gross_mass_g,
            accepted_at=accepted_at,
            accepted_place=self._text("accepted_place", 120) or None,
        )

    def external_id(self) -> str:
        value = self._value("external_id")
        if _EXTERNAL_ID.fullmatch(value):
            return value
        self._fault(
            "external_id",
            "not up to 100 letters, digits and . / : # - _, a letter or digit first" if value else REQUIRED,
        )
        return ""

    def _value(self, column: str) -> str:
        place = self._places.get(column)
        return "" if place is None else self._cells[place]

    def _fault(self, column: str, what: str) -> None:
        self.faults.append(f"{column}: {what}")

    def _found(self, *columns: str) -> bool:
        return any(fault.startswith(f"{column}:") for fault in self.faults for column in columns)

    def _text(self, column: str, longest: int) -> str:
        value = self._value(column)
        if wrong := _unfit(value, longest):
            self._fault(column, wrong)
        return value

    def _name(self, column: str) -> str:
        value = self._text(column, 200)
        if len(value) < 2:
            self._fault(column, "shorter than 2 characters" if value else REQUIRED)
        return value

    def _contact(self) -> dict[str, str] | None:
        found = {"phone": self._phone(), "email": self._email(), "contact_by": self._contact_by()}
        return {key: value for key, value in found.items() if value} or None

    def _phone(self) -> str:
        """Return it as E.164 writes it where the country is given, else its digits."""
        value = self._value("sender_phone")
        if not value:
            return ""
        digits = "".join(filter(str.isdigit, value)) if _PHONE.fullmatch(value) else ""
        if not 5 <= len(digits) <= 17:
            self._fault("sender_phone", "not a telephone number")
        return f"+{digits}" if value[0] == "+" else f"+{digits[2:]}" if digits[:2] == "00" else digits

    def _email(self) -> str:
        value = self._text("sender_email", 254)
        if value and not _EMAIL.fullmatch(value):
            self._fault("sender_email", "not an e-mail address")
        return value

    def _contact_by(self) -> str:
        value = self._value("contact_by").casefold()
        if value and value not in CONTACT_BY:
            self._fault("contact_by", f"not one of {', '.join(CONTACT_BY)}")
        return value

    def _birth_date(self) -> str | None:
        value = self._value("prisoner_birth_date")
        if not value:
            return None
        try:
            if dates.parse_one(value).first > self._now.date():
                self._fault("prisoner_birth_date", "in the future")
        except dates.NotADate:
            self._fault("prisoner_birth_date", "not a date from 1900 on: YYYY, YYYY-MM or YYYY-MM-DD")
        return value

    def _grams(self, column: str) -> int | None:
        value = self._value(column)
        if not value:
            return None
        if (grams := _number(value, MOST_MASS_G)) is None:
            self._fault(column, _GRAMS)
        return grams

    def _accepted_at(self) -> datetime | None:
        value = self._value("accepted_at")
        if not value:
            return None
        accepted_at = _time(value)
        if accepted_at is None:
            self._fault("accepted_at", "not a time with its offset from UTC, like 2026-11-19T10:42:00+02:00")
        elif accepted_at > self._now + AHEAD:
            self._fault("accepted_at", "in the future")
        return accepted_at


def declared_lines(row: Row, layout: Layout) -> tuple[list[DeclaredLine], list[str]]:
    """Return the row's lines, and what is wrong with them."""
    lines: list[DeclaredLine] = []
    faults: list[str] = []
    for columns in layout.lines:
        description = row.cells[columns.description]
        quantity, mass = row.cells[columns.quantity], row.cells[columns.unit_mass_g]
        if not (description or quantity or mass):
            continue
        line = DeclaredLine(description, _number(quantity, MOST_PIECES) or 0, _number(mass, MOST_MASS_G))
        if not description or not line.quantity or line.unit_mass_g is None or _unfit(description, MOST_TEXT):
            faults += _line_faults(columns, line, quantity, mass)
        lines.append(line)
    if not lines:
        faults.append(f"{layout.lines[0].prefix}_description: {REQUIRED}")
    return lines, faults


def _line_faults(columns: LineColumns, line: DeclaredLine, quantity: str, mass: str) -> Iterator[str]:
    if wrong := _unfit(line.description, MOST_TEXT) if line.description else REQUIRED:
        yield f"{columns.prefix}_description: {wrong}"
    if not line.quantity:
        yield f"{columns.prefix}_quantity: {_PIECES if quantity else REQUIRED}"
    if line.unit_mass_g is None:
        yield f"{columns.prefix}_unit_mass_g: {_GRAMS if mass else REQUIRED}"


def _whole(row: Row, layout: Layout) -> Iterator[str]:
    if any(row.cells[layout.width :]):
        yield "row: has more cells than there are columns"


def _differences(row: Row, first: Row, layout: Layout) -> Iterator[str]:
    """A later row of a parcel repeats what the first says of it, or leaves it blank."""
    for column in PARCEL:
        place = layout.places.get(column)
        if place is not None and row.cells[place] not in ("", first.cells[place]):
            yield f"{column}: {DIFFERS}"


def _clean(cells: Sequence[str], width: int) -> list[str]:
    """Return them with single spaces and no line breaks, and blank ones where the row ends too early."""
    clean = [" ".join(cell.split()) if cell else "" for cell in cells]
    return clean + [""] * (width - len(clean))


def _unfit(text: str, longest: int) -> str | None:
    if len(text) > longest:
        return f"longer than {longest} characters"
    # Marks that turn the direction of writing or cannot be seen are refused with the control characters.
    return None if text.isprintable() else "has characters that cannot be seen"


@lru_cache(maxsize=4_096)  # the same few hundred numbers, forty a row
def _number(text: str, most: int) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        return None
    number = int(text)
    return number if 1 <= number <= most else None


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None
