"""What the events stated of a prisoner say of him now. Nothing here touches a database.

    captured ─┐            ┌─> in hospital ──(discharged)──┐
              ├─>  held  ──┼─> transferred: held elsewhere ├─> held
        held ─┘            └───────────────────────────────┘
                   held, in hospital ──> released, exchanged, deceased

Nobody sets a status: it is the mirror of the events. One event is in force: the well founded one (stated
by both sides, by the neutral agency, or confirmed by two officers) of the latest day, and of those the one
recorded last. So what is recorded late of an earlier time changes nothing; only a death counts whatever its
day, until something of a later day is recorded after it. The word of one side alone is never in force: it is
shown as that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

ONE_SIDE: Final = "one_side"
DECEASED: Final = "deceased"
# These say that a person is held, and ask nothing of anybody's parcels.
QUIET: Final = frozenset({"captured", "held", "discharged"})
STATUS_AFTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "captured": "held",
        "held": "held",
        "in_hospital": "in hospital",
        "discharged": "held",
        "transferred": "held",
        "released": "released",
        "exchanged": "exchanged",
        DECEASED: "deceased",
    }
)


class Word(NamedTuple):
    """One statement; `id` grows in the order in which they were recorded."""

    id: int
    situation: str
    happened_on: date
    stated_by: str


class Standing(NamedTuple):
    """What is well founded, and what one side alone has said since. Either may be missing."""

    founded: Word | None = None
    alone: Word | None = None

    @property
    def status(self) -> str:
        return STATUS_AFTER[self.founded.situation] if self.founded else "not known"


def in_force(words: Iterable[Word]) -> Word | None:
    founded = sorted(word for word in words if word.stated_by != ONE_SIDE)
    died = max((word.id for word in founded if word.situation == DECEASED), default=0)
    return max((word for word in founded if word.id >= died), key=_when, default=None)


def standing(words: Iterable[Word]) -> Standing:
    told = list(words)
    founded = in_force(told)
    alone = max((word for word in told if word.stated_by == ONE_SIDE), key=_when, default=None)
    if alone and founded and (_when(alone) < _when(founded) or _says_the_same(alone, founded)):
        alone = None
    return Standing(founded, alone)


def _when(word: Word) -> tuple[date, int]:
    return word.happened_on, word.id


def _says_the_same(a: Word, b: Word) -> bool:
    return STATUS_AFTER[a.situation] == STATUS_AFTER[b.situation]
