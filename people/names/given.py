"""Given names and patronymics that are one name in different languages: Сергей, Сергій, Serhii, Sergey.

The table is `given_names.csv`, a name a line: its forms, the patronymics of sons and daughters, and hints:
diminutives and kindred names, which make a question, never a match.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from people.names.folding import fold

TABLE = Path(__file__).with_name("given_names.csv")

PATRONYMIC_ENDINGS = (
    (re.compile(r"[oe]viC$"), "oviC"),
    (re.compile(r"[oei]vna$"), "ovna"),
    (re.compile(r"(?:ogl[iu]|ugli|u?ulu|ul[iu])$"), "ogli"),
    (re.compile(r"[kgh][iu]zi$"), "kizi"),
)
PATRONYMIC = re.compile(r"...(?:oviC|ovna|iCna|ogli|kizi)$")

Index = dict[str, frozenset[str]]


class Vocabulary(NamedTuple):
    """`meanings`: names by folding key; `spellings`: the folding keys of each name; `hints`: names that a
    key may stand for; `diminutives`: Cyrillic words that are a hint even where their key is a name's."""

    meanings: Index
    spellings: Index
    hints: Index
    diminutives: frozenset[str]
    keys: Callable[[str], frozenset[str]]

    def names(self, word: str) -> frozenset[str]:
        return _looked_up(self.meanings, self.keys(word))

    def hinted(self, word: str) -> frozenset[str]:
        return _looked_up(self.meanings, self.keys(word)) | _looked_up(self.hints, self.keys(word))

    def all_keys(self, word: str) -> frozenset[str]:
        return self.keys(word) | _looked_up(self.spellings, self.names(word))


def patronymic_keys(word: str) -> frozenset[str]:
    return frozenset(_plain_patronymic(key) for key in fold(word))


def is_patronymic(word: str) -> bool:
    """By its ending: surnames such as Petrovych have it too."""
    keys = patronymic_keys(word)
    return not keys.isdisjoint(patronymics().meanings) or any(PATRONYMIC.search(key) for key in keys)


@lru_cache(maxsize=1)
def given_names() -> Vocabulary:
    rows = _rows()
    forms = {_name(row): row["forms"].split() for row in rows}
    hints = {_name(row): row["hints"].split() for row in rows}
    official = {form.casefold() for all_forms in forms.values() for form in all_forms}
    said = {hint.casefold() for all_hints in hints.values() for hint in all_hints}
    return Vocabulary(
        _index(forms, fold), _spelled(forms, fold), _index(hints, fold), frozenset(said - official), fold
    )


@lru_cache(maxsize=1)
def patronymics() -> Vocabulary:
    forms = {
        f"{_name(row)} {child}": row[child].split()
        for row in _rows()
        for child in ("sons", "daughters")
        if row[child]
    }
    keys = patronymic_keys
    return Vocabulary(_index(forms, keys), _spelled(forms, keys), {}, frozenset(), keys)


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _name(row: dict[str, str]) -> str:
    """A name is called by the key of its first form."""
    return min(fold(row["forms"].split()[0]))


def _index(forms: dict[str, list[str]], keys: Callable[[str], frozenset[str]]) -> Index:
    found: dict[str, set[str]] = defaultdict(set)
    for name, spellings in forms.items():
        for key in _all(spellings, keys):
            found[key].add(name)
    return {key: frozenset(names) for key, names in found.items()}


def _spelled(forms: dict[str, list[str]], keys: Callable[[str], frozenset[str]]) -> Index:
    return {name: _all(spellings, keys) for name, spellings in forms.items()}


def _all(words: Iterable[str], keys: Callable[[str], frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*map(keys, words))


def _looked_up(index: Index, keys: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(index.get(key, frozenset()) for key in keys))


def _plain_patronymic(key: str) -> str:
    for ending, plain in PATRONYMIC_ENDINGS:
        key = ending.sub(plain, key)
    return key
