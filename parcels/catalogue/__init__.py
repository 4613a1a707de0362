"""Free text, as families write it in Russian, Ukrainian or English, to the categories of the rules."""

import re
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from parcels.catalogue.letters import Part, parts
from parcels.catalogue.lexicon import severities
from parcels.catalogue.packing import alone, packed
from parcels.catalogue.reading import DANGEROUS, Head, Reading
from parcels.screening import UNKNOWN

__all__ = ["Match", "categorise"]


class Match(NamedTuple):
    category: str
    """The strictest found, by the standard rules; UNKNOWN when none was."""
    exact: bool
    """False: by likeness, or something in the text was not recognised. A person looks."""
    others: tuple[str, ...]


_LONGEST_REMEMBERED = 200
# "Чай 100 г" says what "ЧАЙ 250 Г" says.
_NUMBER = re.compile(r"(?<!\S)\d+(?!\S)")
_NOTHING = Match(UNKNOWN, exact=False, others=())


def categorise(description: str) -> Match:
    plain = _NUMBER.sub("1", description.casefold())
    return _remembered(plain) if len(plain) <= _LONGEST_REMEMBERED else _match(plain)


@lru_cache(maxsize=4_096)  # what is written often; with more, an import's memory grows with its file
def _remembered(description: str) -> Match:
    return _match(description)


def _match(description: str) -> Match:
    readings = _readings(parts(description))
    heads = [head for reading in readings for head in _settled(reading)]
    if not heads:
        heads = alone(role for reading in readings for role in reading.roles)
    found = _strictest_first(heads)
    if not found:
        return _NOTHING
    return Match(found[0], _is_exact(readings, heads), tuple(found[1:]))


def _readings(found: list[Part]) -> list[Reading]:
    readings: list[Reading] = []
    before = None
    for part in found:
        borrowed = before.words if before else ()
        readings.append(Reading(part, readings[-1] if readings else None, borrowed))
        before = part
    return _with_descriptions(readings)


def _with_descriptions(readings: list[Reading]) -> list[Reading]:
    """ "Огурцы, домашние, в банке": a part that only describes goes with what was named before it."""
    kept: list[Reading] = []
    for reading in readings:
        if kept and kept[-1].heads and reading.only_describes:
            kept[-1].roles |= reading.roles
            kept[-1].negated |= reading.negated
        else:
            kept.append(reading)
    return kept


def _settled(reading: Reading) -> list[Head]:
    """One head a category: "ibuprofen tablets" are medicine for sure, whatever tablets may be."""
    heads = [packed(head, reading.roles) for head in reading.heads]
    sure = {head.category for head in heads if head.sure}
    return [head for head in heads if head.sure or head.category not in sure]


def _strictest_first(heads: list[Head]) -> list[str]:
    rank = severities()
    sure = {head.category for head in heads if head.sure}
    named = dict.fromkeys(head.category for head in heads if head.category != UNKNOWN)
    return sorted(named, key=lambda name: (rank[name], name in sure, name in DANGEROUS), reverse=True)


def _is_exact(readings: list[Reading], heads: list[Head]) -> bool:
    denied = DANGEROUS.intersection(chain.from_iterable(reading.negated for reading in readings))
    return not any(reading.doubt or reading.names_nothing for reading in readings) and all(
        head.sure and head.category != UNKNOWN and head.category not in denied for head in heads
    )
