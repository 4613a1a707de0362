"""Keys under which two records of one person meet, though each wrote the name and the date in its own way.

A key joins two or three things, so that even the commonest surname leaves few to look at; there are several,
so that a slip in one thing leaves the others. They find candidates and decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from typing import Final

from people.names.folding import fold
from people.names.given import given_names, patronymics
from people.names.script import is_initial
from people.names.search import sounds, word_keys
from people.names.whole import Name, readings

# Letters with which one given name begins in one language or the other: Николай, Микола; Анна, Ганна.
_CLASSES: Final = {
    letter: group
    for group, letters in {
        "a": "aeiouy", "n": "nm", "g": "gkhxq", "s": "sSzZcCjtdT", "b": "bpfv", "l": "lr",
    }.items()
    for letter in letters
}  # fmt: skip
_BY_NAME: Final = "w "
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2}))?")


def blocking_keys(names: Iterable[str], births: Iterable[str], numbers: Iterable[str] = ()) -> frozenset[str]:
    """Return what to keep of a person and look others up by.

    :param births: EDTF; intervals find nobody
    """
    dates = _dates(births)
    keys = {f"n {number}" for number in map(plain_number, numbers) if number}
    for whole in names:
        for name in readings(whole):
            keys |= set(_keys(name, dates))
    return frozenset(keys)


def asking_keys(names: Iterable[str], births: Iterable[str], numbers: Iterable[str] = ()) -> frozenset[str]:
    """Return what to look a person up by: not by name alone, where a year of birth is known."""
    births = list(births)
    keys = blocking_keys(names, births, numbers)
    return frozenset(key for key in keys if not key.startswith(_BY_NAME)) if _dates(births) else keys


def _dates(births: Iterable[str]) -> list[tuple[str, str | None, str | None]]:
    """Return year, month and day of each that names a year; an interval names several, XXXX none."""
    found = (_DATE.match(birth) for birth in births if "/" not in birth)
    return [(each[1], each[2], each[3]) for each in found if each]


def plain_number(number: str) -> str:
    """A service number without what people leave out or add, in one script."""
    return "".join(filter(str.isalnum, number.upper().translate(_LATIN)))


_LATIN: Final = str.maketrans("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI")


def _keys(name: Name, dates: list[tuple[str, str | None, str | None]]) -> Iterable[str]:
    said = sounds(name.surname) if name.surname else frozenset[str]()
    given, begins = _given(name.given), _begins(name.given)
    for year, month, day in dates:
        yield from (f"y {sound} {letter} {year}" for sound, letter in product(said, begins))
        if month and day:
            around = " ".join(sorted((month, day)))
            yield from (f"d {sound} {letter} {around}" for sound, letter in product(said, begins))
            yield from (f"s {sound} {year}-{month}-{day}" for sound in said)
            yield from (f"g {key} {year}-{month}-{day}" for key in given)
    fathers = _fathers(name.patronymic)
    for sound, key in product(said, given):
        yield f"{_BY_NAME}{sound} {key}"
        yield from (f"p {sound} {key} {father}" for father in fathers)


def _given(word: str) -> frozenset[str]:
    """The names it may stand for: a diminutive stands for several."""
    if not word or is_initial(word):
        return frozenset()
    return given_names().hinted(word) or word_keys(word)


def _begins(word: str) -> frozenset[str]:
    if not word:
        return frozenset()
    if is_initial(word):
        return frozenset(_CLASSES.get(key[0], key[0]) for key in fold(word))
    spelled = [given_names().spellings.get(name, ()) for name in given_names().hinted(word)]
    keys = {key for keys in spelled for key in keys} or fold(word)
    return frozenset(_CLASSES.get(key[0], key[0]) for key in keys)


def _fathers(word: str) -> frozenset[str]:
    if not word or is_initial(word):
        return frozenset()
    return patronymics().names(word) or word_keys(word)
