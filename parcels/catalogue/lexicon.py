"""What words and phrases mean: the dictionary, read once from `terms/`.

A term in capitals' category names a thing of it; one in small letters plays a role (container, packing,
preposition, negation, filler). "=word" is that very form only. `sure` is no where a person must look.
"""

import csv
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from exchanges import standard_rules
from parcels.catalogue.letters import is_latin
from parcels.catalogue.stems import cyrillic_keys, english_keys, keys
from parcels.screening import UNKNOWN, VERDICTS

_TERMS = Path(__file__).with_name("terms")
_LANGUAGES = ("ru", "uk", "en")
# Likeness is asked of words long enough that one wrong letter does not make another word of them.
_SHORTEST_ALIKE = 5
_TWO_ERRORS_FROM = 9
_LONGEST_ALIKE = 30
_SPOKEN = str.maketrans("ое", "аи")


class Meaning(NamedTuple):
    category: str
    """Empty for words that only play a role."""
    sure: bool
    roles: frozenset[str]


class Phrase(NamedTuple):
    keys: tuple[str, ...]
    meaning: Meaning


class Lexicon(NamedTuple):
    words: dict[str, Meaning]
    phrases: dict[str, tuple[Phrase, ...]]
    """By the key of the first word; the words may stand in any order."""


FILLER = Meaning("", True, frozenset({"filler"}))


@cache
def lexicon() -> Lexicon:
    words: dict[str, Meaning] = {}
    phrases: dict[str, list[Phrase]] = {}
    for meaning, term in _rows():
        if len(term) == 1:
            for key in _keys(term[0]):
                words[key] = _both(words.get(key), meaning)
        else:
            for combination in product(*map(_phrase_keys, term)):
                phrases.setdefault(combination[0], []).append(Phrase(combination, meaning))
    return Lexicon(words, {key: tuple(found) for key, found in phrases.items()})


@cache
def severities() -> dict[str, int]:
    """How strict each category's standard verdict is."""
    known = {rule.category: VERDICTS.index(rule.verdict) for rule in standard_rules.load()}
    return {**known, UNKNOWN: -1}


@lru_cache(maxsize=65_536)
def meaning_of(word: str) -> tuple[Meaning, bool] | None:
    """What the dictionary has for the word, and whether as English."""
    words = lexicon().words
    for key in keys(word):
        if key in words:
            return words[key], key.isascii()
    return None


@lru_cache(maxsize=65_536)
def alike(word: str) -> str | None:
    """The one category whose terms differ from the word by a letter, by two in long words."""
    if not _SHORTEST_ALIKE <= len(word) <= _LONGEST_ALIKE:
        return None
    for key in keys(word)[1:]:
        if len(key) >= _SHORTEST_ALIKE and (category := _nearest(key)):
            return category
    return None


def _nearest(key: str) -> str | None:
    known = _sounding(key.isascii())
    bound = 2 if len(key) >= _TWO_ERRORS_FROM else 1
    sound = key.translate(_SPOKEN)
    near = process.extract(sound, known.keys(), scorer=OSA.distance, score_cutoff=bound, limit=None)
    best = min((distance for _, distance, _ in near), default=None)
    categories = set().union(*(known[choice] for choice, distance, _ in near if distance == best))
    return categories.pop() if len(categories) == 1 and categories != {UNKNOWN} else None


@cache
def _sounding(english: bool) -> dict[str, set[str]]:
    """Categories by how their terms sound, for who writes as they speak: шакалад, пичение."""
    found: dict[str, set[str]] = {}
    for key, meaning in lexicon().words.items():
        if (
            meaning.category
            and key[0] != "="
            and len(key) >= _SHORTEST_ALIKE - 1
            and key.isascii() == english
        ):
            found.setdefault(key.translate(_SPOKEN), set()).add(meaning.category)
    return found


def _rows() -> Iterator[tuple[Meaning, tuple[str, ...]]]:
    for language in _LANGUAGES:
        with (_TERMS / f"{language}.csv").open(encoding="utf-8", newline="") as file:
            for category, term, sure in list(csv.reader(file))[1:]:
                yield _meaning(category, sure == "yes"), tuple(term.split())


@cache
def _meaning(category: str, sure: bool) -> Meaning:
    if category.isupper():
        return Meaning(category, sure, frozenset())
    return Meaning("", True, frozenset({category}))


def _both(one: Meaning | None, other: Meaning) -> Meaning:
    """A word of two categories is read as the stricter, and a person looks."""
    if one is None:
        return other
    category = max(one.category, other.category, key=lambda name: severities().get(name, -2))
    torn = one.category and other.category and one.category != other.category
    return Meaning(category, one.sure and other.sure and not torn, one.roles | other.roles)


def _keys(word: str) -> tuple[str, ...]:
    if word[0] == "=":
        return (word,)
    return english_keys(word) if is_latin(word) else cyrillic_keys(word)


def _phrase_keys(word: str) -> tuple[str, ...]:
    """As few as will do: the whole word only where it may itself be a stem (чернослив)."""
    found = _keys(word)
    return found[1:] if len(found) > 1 and found[0][-1] in "аеиоуюяs" else found
