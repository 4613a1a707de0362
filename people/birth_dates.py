"""What two dates of birth, as precise as each is known, say of one another. Values are EDTF."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Final, Literal

from people import dates
from people.dates import Known

Relation = Literal[
    "same_day", "same_month", "swapped", "same_year", "one_digit", "agrees", "near", "conflict", "unknown"
]
# Best first, as a person would weigh them.
ORDER: Final[tuple[Relation, ...]] = (
    "same_day", "same_month", "swapped", "same_year", "one_digit", "agrees", "near", "conflict", "unknown",
)  # fmt: skip

# About, or perhaps: lists say so, and it is compared as if it were said outright.
_QUALIFIED: Final = re.compile(r"[~?%](?=/|$)")
_A_YEAR: Final = 366


@lru_cache(maxsize=2**14)
def known(value: str) -> Known | None:
    """Return what is known of the day; None where nothing is, or where it is no date."""
    try:
        told = dates.parse(_QUALIFIED.sub("", value.strip()))
    except dates.NotADate:
        return None
    return None if told.precision == "unknown" else told


def relation(a: str, b: str) -> Relation:
    """`conflict` is over a year apart; `near` is less, and no slip of the pen explains it."""
    x, y = known(a), known(b)
    if x is None or y is None:
        return "unknown"
    if x.first == x.last and y.first == y.last:
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
    if dates.are_swapped(a, b):
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
