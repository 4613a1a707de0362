"""The columns of a manifest, and where a file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from people.tables import Unreadable

PARCEL: Final = (
    "external_id",
    "sender_name",
    "sender_phone",
    "sender_email",
    "contact_by",
    "relationship",
    "prisoner_name",
    "prisoner_birth_date",
    "prisoner_service_number",
    "declared_mass_g",
    "gross_mass_g",
    "accepted_at",
    "accepted_place",
)
NEEDED: Final = ("external_id", "sender_name", "prisoner_name")
LINE: Final = ("description", "quantity", "unit_mass_g")
MOST_LINES: Final = 12
_LINE_COLUMNS: Final = frozenset(
    {f"item_{number}_{field}" for number in range(1, MOST_LINES + 1) for field in LINE}
    | {f"item_{field}" for field in LINE}
)
_KNOWN: Final = frozenset(PARCEL) | _LINE_COLUMNS
_LONGEST_NAME: Final = 40


class LineColumns(NamedTuple):
    """One content line: what its columns begin with, and their places."""

    prefix: str
    description: int
    quantity: int
    unit_mass_g: int


class Layout(NamedTuple):
    places: Mapping[str, int]
    """Of the columns that tell of the parcel; those that are missing read as blank."""
    lines: tuple[LineColumns, ...]
    a_row_a_line: bool
    """A parcel is several rows with one external_id, one for each line."""
    unknown: tuple[str, ...]
    width: int


def read(header: Sequence[str]) -> Layout:
    """:raises Unreadable: when columns are missing, stand twice, or do not go together"""
    names = [name.strip().casefold() for name in header]
    twice = sorted(name for name, count in Counter(names).items() if count > 1 and name in _KNOWN)
    if twice:
        raise Unreadable(f"Columns stand twice: {', '.join(twice)}.")
    places = {name: place for place, name in enumerate(names) if name in _KNOWN}
    by_line = "item_description" in places
    prefixes = ["item"] if by_line else _numbered(places)
    _check_present(places, prefixes)
    if by_line and (mixed := _numbered(places)):
        raise Unreadable(f"Columns do not go together: item_description and {mixed[0]}_description.")
    return Layout(
        {name: place for name, place in places.items() if name in PARCEL},
        tuple(LineColumns(each, *(places[f"{each}_{field}"] for field in LINE)) for each in prefixes),
        by_line,
        tuple(_shown(name) for name in header if name.strip() and name.strip().casefold() not in _KNOWN),
        len(header),
    )


def _numbered(places: Mapping[str, int]) -> list[str]:
    """Return the prefixes of those lines of which at least one column is there."""
    prefixes = (f"item_{number}" for number in range(1, MOST_LINES + 1))
    return [each for each in prefixes if any(f"{each}_{field}" in places for field in LINE)]


def _check_present(places: Mapping[str, int], prefixes: Sequence[str]) -> None:
    needed = [*NEEDED, *(f"{each}_{field}" for each in prefixes or ["item_1"] for field in LINE)]
    if missing := [name for name in needed if name not in places]:
        raise Unreadable(f"Columns are missing: {', '.join(missing)}.")


def _shown(name: str) -> str:
    plain = "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1]}…"
