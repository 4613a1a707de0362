"""Which of a person's wishes count before anybody travels. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Said(NamedTuple):
    """One wish as it was stated, `freely` to the neutral agency or in private; `number` orders one day's."""

    stated_on: date
    number: int
    wants: str
    freely: bool


def in_the_way(wishes: Iterable[Said]) -> str | None:
    """Return what keeps this person from travelling, or None.

    The last word must be to return, and so must the last word said freely: a word said before others does
    not undo one said in private.
    """
    told = sorted(wishes)
    freely = [each for each in told if each.freely]
    if not told:
        return "no wish is recorded"
    if told[-1].wants != "return":
        return "their last word is not to return"
    if not freely:
        return "no wish is recorded that was said in private or to the neutral agency"
    if freely[-1].wants != "return":
        return "the last word said in private or to the neutral agency is not to return"
    return None
