"""Dates as precise as they are known, in EDTF (ISO 8601-2): a day, month, year, range, or unknown."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from datetime import date
from enum import StrEnum
from typing import Final, Literal, NamedTuple

Precision = Literal["day", "month", "year", "range", "unknown"]

UNKNOWN: Final = "XXXX"

_ONE: Final = r"(?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?"
# As JSON schema has it: for forms and for the description of the API.
PATTERN: Final = rf"^(?:{_ONE}(?:/{_ONE})?|{UNKNOWN})$"
PATTERN_OF_ONE: Final = rf"^{_ONE}$"
_PRECISION: Final[dict[int, Precision]] = {4: "year", 7: "month", 10: "day"}


class NotADate(ValueError):
    """The text names no date, or none that can be; says why."""


class Comparison(StrEnum):
    SAME = "same"
    SWAPPED = "swapped day and month"
    OVERLAPS = "overlaps"
    CONTRADICTS = "contradicts"


class Known(NamedTuple):
    """What is known of a date: the first and the last day it can be."""

    first: date
    last: date
    precision: Precision


def parse(text: str) -> Known:
    """:raises NotADate: if it is not YYYY, YYYY-MM, YYYY-MM-DD, a range of two of these with `/`, or XXXX"""
    if not re.fullmatch(PATTERN, text, re.ASCII):
        raise NotADate("YYYY, YYYY-MM, YYYY-MM-DD, two of these with / between them, or XXXX; from 1900 on.")
    if text == UNKNOWN:
        return Known(date.min, date.max, "unknown")
    start, _, end = text.partition("/")
    first, last = _days(start), _days(end or start)
    if last[1] < first[1] or last[0] < first[0]:
        raise NotADate("A range ends after it begins.")
    return Known(first[0], last[1], "range" if end else _PRECISION[len(text)])


def parse_one(text: str) -> Known:
    """:raises NotADate: if it is not YYYY, YYYY-MM or YYYY-MM-DD"""
    known = parse(text)
    if known.precision in ("range", "unknown"):
        raise NotADate("YYYY, YYYY-MM or YYYY-MM-DD, from 1900 on.")
    return known


def checked(text: str, today: date) -> str:
    """Return `text` as it is kept.

    :raises NotADate: if it names no date, or one that has not come
    """
    plain = text.strip().upper()
    known = parse(plain)
    if known.precision != "unknown" and known.first > today:
        raise NotADate("This day has not come yet.")
    return plain


def compare(a: str, b: str) -> Comparison:
    """Say how two dates of one thing stand to each other. The unknown contradicts nothing.

    :raises NotADate: if one of them is none
    """
    known_a, known_b = parse(a), parse(b)
    if known_a == known_b and known_a.precision != "unknown":
        return Comparison.SAME
    if known_a.first <= known_b.last and known_b.first <= known_a.last:
        return Comparison.OVERLAPS
    are_days = known_a.precision == known_b.precision == "day"
    swapped = are_days and are_swapped(known_a.first, known_b.first)
    return Comparison.SWAPPED if swapped else Comparison.CONTRADICTS


def are_swapped(a: date, b: date) -> bool:
    """As when 5 April was typed for 4 May."""
    return (a.year, a.month, a.day) == (b.year, b.day, b.month)


def in_words(text: str) -> str:
    """Return what a person reads; a text that is no date stays as it is."""
    try:
        known = parse(text)
    except NotADate:
        return text
    if known.precision == "unknown":
        return "not known"
    return " to ".join(_said(part) for part in text.split("/"))


def _days(text: str) -> tuple[date, date]:
    year, month, day = (int(part) for part in (text + "-0-0").split("-")[:3])
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        raise NotADate("There is no such day.") from None
    month = month or 12
    return first, date(year, month, day or monthrange(year, month)[1])


def _said(text: str) -> str:
    year, *rest = text.split("-")
    named = [month_name[int(part)] if place == 0 else str(int(part)) for place, part in enumerate(rest)]
    return " ".join([*reversed(named), year])
