"""Spans of days as a picture: where each begins and ends on a scale of months. No database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

WIDTH: Final = 1000.0
"""Units of the picture; it is scaled to what room there is."""


class Mark(NamedTuple):
    x: float
    on: date


class Bar(NamedTuple):
    x: float
    width: float


class Scale(NamedTuple):
    """The days shown, and the first of each month among them."""

    first: date
    last: date
    months: tuple[Mark, ...]

    def x(self, on: date) -> float:
        """Return where the day begins; days outside lie at an edge."""
        whole = (self.last - self.first).days + 1
        days = min(max((on - self.first).days, 0), whole)
        return round(WIDTH * days / whole, 1)

    def bar(self, first: date, last: date) -> Bar:
        x = self.x(first)
        return Bar(x, round(max(self.x(last + timedelta(days=1)) - x, 2.0), 1))


def scale(days: Sequence[date]) -> Scale:
    """Return a scale of whole months on which all these days lie; at least one is needed."""
    first = min(days).replace(day=1)
    last = _next_month(max(days)) - timedelta(days=1)
    bare = Scale(first, last, ())
    months = []
    month = first
    while month <= last:
        months.append(Mark(bare.x(month), month))
        month = _next_month(month)
    # More than a dozen names would run into each other.
    step = -(-len(months) // 12)
    return bare._replace(months=tuple(months[::step]))


def _next_month(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=32)).replace(day=1)
