"""Two lists beside one another: on both, only on one, or uncertain. Pure: it compares what it is given.

Two entries are on both when each fits the other and nobody else. What fits more than one, or only nearly, is
uncertain, with all it may be: a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from people import names
from people.resemblance import Described, Resemblance, compare

Group = Literal["both", "only_ours", "only_theirs", "uncertain"]


class Compared(NamedTuple):
    """Places in the two lists, from 0; None where an entry has no counterpart."""

    group: Group
    ours: int | None
    theirs: int | None
    reasons: tuple[str, ...] = ()


Found = Mapping[tuple[int, int], Resemblance]


def compared(ours: Sequence[Described], theirs: Sequence[Described]) -> list[Compared]:
    found = _resembling(ours, theirs)
    rows = [*_surely(found)]
    settled_ours = {row.ours for row in rows if row.group == "both"}
    settled_theirs = {row.theirs for row in rows if row.group == "both"}
    rows += _perhaps(found, settled_ours, settled_theirs)
    placed_ours, placed_theirs = {row.ours for row in rows}, {row.theirs for row in rows}
    rows += [Compared("only_ours", at, None) for at in range(len(ours)) if at not in placed_ours]
    rows += [Compared("only_theirs", None, at) for at in range(len(theirs)) if at not in placed_theirs]
    return rows


def _resembling(ours: Sequence[Described], theirs: Sequence[Described]) -> dict[tuple[int, int], Resemblance]:
    under: dict[str, list[int]] = defaultdict(list)
    for at, told in enumerate(theirs):
        for key in _keys(told):
            under[key].append(at)
    found = {}
    for at, told in enumerate(ours):
        for other in {other for key in _keys(told) for other in under.get(key, ())}:
            resemblance = compare(told, theirs[other])
            if resemblance.verdict != "different":
                found[at, other] = resemblance
    return found


def _keys(told: Described) -> frozenset[str]:
    return names.blocking_keys(told.names, told.births, told.numbers)


def _surely(found: Found) -> Iterator[Compared]:
    """What is the same: alone with one another, or more of one kind than there should be."""
    same = [pair for pair, resemblance in found.items() if resemblance.verdict == "same"]
    by_ours, by_theirs = _sides(same)
    for mine, other in same:
        alone = len(by_ours[mine]) == len(by_theirs[other]) == 1
        reasons = found[mine, other].reasons
        yield (
            Compared("both", mine, other, reasons)
            if alone
            else Compared("uncertain", mine, other, (*reasons, "twice"))
        )


def _perhaps(found: Found, ours: set[int | None], theirs: set[int | None]) -> Iterator[Compared]:
    """Questions among those that are not settled; a faint one only where there is no better."""
    left = {
        pair: resemblance
        for pair, resemblance in found.items()
        if pair[0] not in ours and pair[1] not in theirs and resemblance.verdict != "same"
    }
    asked = [pair for pair, resemblance in left.items() if resemblance.verdict == "ask"]
    by_ours, by_theirs = _sides(asked)
    for (mine, other), resemblance in left.items():
        if resemblance.verdict == "faint" and (mine in by_ours or other in by_theirs):
            continue
        yield Compared("uncertain", mine, other, resemblance.reasons)


def _sides(pairs: Sequence[tuple[int, int]]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    by_ours: dict[int, set[int]] = defaultdict(set)
    by_theirs: dict[int, set[int]] = defaultdict(set)
    for mine, other in pairs:
        by_ours[mine].add(other)
        by_theirs[other].add(mine)
    return dict(by_ours), dict(by_theirs)
