"""What two dates of birth, as precise as each is known, say of one another. Values are EDTF."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Final, Literal, NamedTuple

Relation = Literal[
    "same_day", "same_month", "swapped", "same_year", "one_digit", "agrees", "near", "conflict", "unknown"
]
# Best first, as a person would weigh them.
ORDER: Final[tuple[Relation, ...]] = (
    "same_day", "same_month", "swapped", "same_year", "one_digit", "agrees", "near", "conflict", "unknown",
)  # fmt: skip

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?[~?%]?")
_A_YEAR: Final = 366


class Span(NamedTuple):
    """Born on one of these days, both included."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        return self.first == self.last


@lru_cache(maxsize=2**14)
def span(value: str) -> Span | None:
    """Return the days that YYYY, YYYY-MM, YYYY-MM-DD, or two of them with a slash between, may mean."""
    first, slash, last = value.strip().partition("/")
    begins, ends = _span(first), _span(last if slash else first)
    if begins is None or ends is None or begins.first > ends.last:
        return None
    return Span(begins.first, ends.last)


def _span(value: str) -> Span | None:
    found = _DATE.fullmatch(value)
    if not found:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        assert year is not None  # noqa: S101  for the type checker
        if month is None:
            return Span(date(year, 1, 1), date(year, 12, 31))
        if day is None:
            return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        return Span(date(year, month, day), date(year, month, day))
    except ValueError:
        return None


def relation(a: str, b: str) -> Relation:
    """`conflict` is over a year apart; `near` is less, and no slip of the pen explains it."""
    x, y = span(a), span(b)
    if x is None or y is None:
        return "unknown"
    if x.is_day and y.is_day:
        return _of_days(x.first, y.first)
    if x.first <= y.last and y.first <= x.last:
        return "agrees"
    gap = max(x.first, y.first) - min(x.last, y.last)
    return "near" if gap.days <= _A_YEAR else "conflict"


def _of_days(a: date, b: date) -> Relation:
    if a == b:
        return "same_day"
    if a.year == b.year and a.month == b.month:
        return "same_month"
    if a.year == b.year and (a.day, a.month) == (b.month, b.day):
        return "swapped"
    if a.year == b.year:
        return "same_year"
    if _one_slip(a.isoformat(), b.isoformat()):
        return "one_digit"
    return "near" if abs((a - b).days) <= _A_YEAR else "conflict"


def _one_slip(a: str, b: str) -> bool:
    """One digit differs, or two neighbours changed places."""
    apart = [place for place, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(apart) == 1:
        return True
    return len(apart) == 2 and (a[apart[0]], a[apart[1]]) == (b[apart[1]], b[apart[0]])


def best(a: tuple[str, ...], b: tuple[str, ...]) -> Relation:
    """Of several values on record for each: what agrees best decides."""
    return min((relation(x, y) for x, y in product(a, b)), key=ORDER.index, default="unknown")
