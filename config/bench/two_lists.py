"""Two sides' lists of the same people, each written in its own way, and how well a comparison told them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from config.bench.made_up import Human, MadeUp, Noise, Written
from people.lists import Compared
from people.resemblance import Described

DIFFERENT: Final = 0.05
"""Of each list, who is not on the other; three in five of them are a twin, a namesake or a parent of somebody
who is."""
OURS: Final = Noise(no_patronymic=0.03, other_order=0.05)
THEIRS: Final = Noise(
    typo=0.10, swapped_date=0.03, other_digit=0.01, year_only=0.02, no_date=0.01, no_patronymic=0.08,
    initials=0.03, other_order=0.2,
)  # fmt: skip


class Entry(NamedTuple):
    who: int
    """The same on both lists for one human being; below zero for who is on one only."""
    written: Written

    @property
    def told(self) -> Described:
        name, born = self.written
        return Described((name,), (born,) if born else ())


class Score(NamedTuple):
    """Shares from 0 to 1, of those who truly are on both."""

    precision: float
    recall: float
    recall_with_questions: float
    """Counting who came to be uncertain beside their true counterpart: for a person to decide."""
    questions: int


def two_lists(count: int, seed: int) -> tuple[list[Entry], list[Entry]]:
    made, draw = MadeUp(seed), Random(seed)  # noqa: S311  nothing secret
    apart = round(count * DIFFERENT)
    common = [made.human() for _ in range(count - apart)]
    ours = [*enumerate(common), *_others(made, draw, common, apart, -1)]
    theirs = [*enumerate(common), *_others(made, draw, common, apart, -1 - apart)]
    draw.shuffle(ours)
    draw.shuffle(theirs)
    # Ours in either language, theirs in either or in Latin letters.
    return (
        [Entry(who, made.written(human, draw.choice(("ru", "uk")), OURS)) for who, human in ours],
        [
            Entry(who, made.written(human, draw.choice(("ru", "uk", "latin", "latin")), THEIRS))
            for who, human in theirs
        ],
    )


def _others(
    made: MadeUp, draw: Random, common: Sequence[Human], count: int, first: int
) -> list[tuple[int, Human]]:
    found = []
    for place in range(count):
        like = draw.choice(common)
        human = (
            made.twin(like),
            made.namesake(like),
            made.parent(like),
            made.human(),
            made.human(),
        )[place % 5]
        found.append((first - place, human))
    return found


def score(ours: Sequence[Entry], theirs: Sequence[Entry], rows: Sequence[Compared]) -> Score:
    def is_true(row: Compared) -> bool:
        return (
            row.ours is not None and row.theirs is not None and ours[row.ours].who == theirs[row.theirs].who
        )

    truth = {entry.who for entry in ours} & {entry.who for entry in theirs}
    both = [row for row in rows if row.group == "both"]
    right = {ours[row.ours].who for row in both if row.ours is not None and is_true(row)}
    asked = [row for row in rows if row.group == "uncertain"]
    found = right | {ours[row.ours].who for row in asked if row.ours is not None and is_true(row)}
    return Score(
        len(right) / len(both) if both else 1.0, len(right) / len(truth), len(found) / len(truth), len(asked)
    )
