"""Keys under which a person is found by whole words of the name, in any alphabet and order."""

from functools import lru_cache

from people.names.daitch_mokotoff import daitch_mokotoff
from people.names.folding import fold
from people.names.given import given_names, patronymic_keys, patronymics
from people.names.script import is_initial, words
from people.names.whole import parts

SPELLED = str.maketrans({"Z": "zh", "S": "sh", "C": "tch", "h": "kh"})


def search_keys(whole: str) -> frozenset[str]:
    """What to keep of a person: mostly a key a word; two or three where Latin letters leave it open."""
    return frozenset[str]().union(*query_keys(whole))


def query_keys(whole: str) -> tuple[frozenset[str], ...]:
    """What to look up, a set a word: a person is found whose `search_keys` meet every one of the sets."""
    halves = (half for word in words(whole) if not is_initial(word) for half in word.split("-"))
    return tuple(keys for half in halves if (keys := word_keys(half)))


@lru_cache(maxsize=2**15)
def word_keys(word: str) -> frozenset[str]:
    """The name it stands for, if it is a known given name or patronymic; else its folding keys."""
    return given_names().names(word) or patronymics().names(word) or patronymic_keys(word)


def sound_keys(whole: str) -> frozenset[str]:
    """Daitch-Mokotoff codes of the surname's parts: keys for candidates, never for a decision."""
    name = parts(whole)
    return sounds(name.surname or name.given or name.patronymic)


@lru_cache(maxsize=2**15)
def sounds(word: str) -> frozenset[str]:
    """Daitch-Mokotoff codes of each part of a word, whatever alphabet it came in."""
    spelled = {key.translate(SPELLED) for half in word.split("-") for key in fold(half)}
    return frozenset[str]().union(*map(daitch_mokotoff, spelled))
