"""What was measured: a rate for each variant and run, and how many times as fast one is as another."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Wishes(NamedTuple):
    n: int
    repeats: int
    memory: bool
    folder: Path
    """For what the bench leaves while it runs."""


class Different(Exception):
    """A variant did not leave what the others left: its rate says nothing."""


class Ratio(NamedTuple):
    """`ours` against `theirs`, which the contract calls `name`; the goal, if any, is at least `target`."""

    name: str
    ours: str
    theirs: str
    target: float | None


@dataclass
class Figures:
    bench: str
    n: int
    unit: str
    ratios: Sequence[Ratio]
    rates: dict[str, list[float]] = field(default_factory=dict)
    """By variant, one for each run, in `unit` a second."""
    notes: list[str] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)
    """What else goes into the last line."""

    def add(self, variant: str, rate: float) -> None:
        self.rates.setdefault(variant, []).append(rate)

    def of(self, ratio: Ratio) -> float:
        """Return the median over the runs: two of one run saw the same machine, whoever else used it."""
        pairs = zip(self.rates[ratio.ours], self.rates[ratio.theirs], strict=True)
        return median(ours / theirs for ours, theirs in pairs)

    def table(self) -> Iterator[str]:
        yield f"{self.bench}, n = {self.n:,}: {self.unit} a second, of {self._runs} interleaved runs"
        yield f"  {'':<34}{'least':>10}{'median':>10}{'most':>10}"
        for variant, rates in self.rates.items():
            yield f"  {variant:<34}" + "".join(f"{_short(rate):>10}" for rate in spread(rates))
        for ratio in self.ratios:
            yield f"  {ratio.name:<34}{_short(self.of(ratio)):>10}{_goal(self.of(ratio), ratio.target)}"
        yield from (f"  {note}" for note in self.notes)

    def last_line(self) -> str:
        rates = {variant: [_kept(rate) for rate in spread(rates)] for variant, rates in self.rates.items()}
        ratios = {ratio.name: _kept(self.of(ratio)) for ratio in self.ratios}
        found: Mapping[str, object] = {"bench": self.bench, "n": self.n, "rates": rates, "ratios": ratios}
        return json.dumps({**found, **self.more})

    @property
    def _runs(self) -> int:
        return max(map(len, self.rates.values()))


def spread(rates: Sequence[float]) -> list[float]:
    """Return minimum, median and maximum."""
    return [min(rates), median(rates), max(rates)]


def _goal(found: float, target: float | None) -> str:
    if target is None:
        return ""
    return f"   at least {target:g}: {'met' if found >= target else 'MISSED'}"


def _kept(number: float) -> float:
    """Three digits tell all there is to know."""
    return float(f"{number:.3g}")


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
