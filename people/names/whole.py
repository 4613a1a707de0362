"""Which word of a whole name is the surname, the given name and the patronymic, in whatever order it came."""

import re
from functools import lru_cache
from typing import NamedTuple

from people.names.folding import fold
from people.names.given import given_names, is_patronymic, patronymics
from people.names.script import is_initial, words

ORDERS = {"SGP": 0, "SG": 0, "GS": 0, "GPS": 0, "GP": 0, "GSP": -2, "S": 0, "G": 0, "P": 0}
"""How usual an order is; between equals the first decides: papers put the surname first."""

PARENTAGE = re.compile(r"(?:ogl[iu]|ugli|uulu|ul[iu]|[kgh][iu]zi)$")
SURNAME_ENDING = re.compile(r"(?:enko|[oe]va?|ina?|ska|ski|uk|ian|dZe|Svili)$")
INITIAL_AS_SURNAME = -10


class Name(NamedTuple):
    """Parts as written, empty where not given."""

    surname: str = ""
    given: str = ""
    patronymic: str = ""


def parts(whole: str) -> Name:
    return readings(whole)[0]


@lru_cache(maxsize=2**13)
def readings(whole: str) -> tuple[Name, ...]:
    """The likeliest reading, with any that is as likely after it."""
    surname, _, rest = whole.partition(",")
    before = len(_tokens(surname)) if words(rest) else 0
    tokens = _tokens(whole)
    found = (_assigned(tokens, order, before) for order in ORDERS)
    fitting = [(score, name) for score, name in found if any(name)]
    best = max((score for score, _ in fitting), default=0)
    return tuple(dict.fromkeys(name for score, name in fitting if score == best)) or (Name(),)


def _tokens(whole: str) -> list[str]:
    """Words, with `оглы`, `кызы` and the like joined to the father's name before them."""
    tokens: list[str] = []
    for word in words(whole):
        if tokens and any(PARENTAGE.fullmatch(key) for key in fold(word)):
            tokens[-1] = f"{tokens[-1]} {word}"
        else:
            tokens.append(word)
    return tokens


def _assigned(tokens: list[str], order: str, before_comma: int) -> tuple[int, Name]:
    """The tokens in that order, words left over going to the surname; an empty name if they don't fit."""
    spare = len(tokens) - len(order)
    if spare < 0 or (spare and "S" not in order):
        return 0, Name()
    at = order.find("S")
    surname = tokens[at : at + spare + 1] if at >= 0 else []
    others = tokens[:at] + tokens[at + spare + 1 :] if surname else tokens
    if before_comma and (at != 0 or len(surname) != before_comma):
        return 0, Name()
    roles = dict(zip(order.replace("S", ""), others, strict=True))
    name = Name("-".join(surname), roles.get("G", ""), roles.get("P", ""))
    score = ORDERS[order] - spare + _surname_score(surname, tokens)
    score += _traits(name.given).given if name.given else 0
    return score + (_patronymic_score(name) if name.patronymic else 0), name


class Traits(NamedTuple):
    """What a word looks like by itself, as points for each part it may be."""

    surname: int
    given: int
    patronymic: int


@lru_cache(maxsize=2**15)
def _traits(word: str) -> Traits:
    if is_initial(word):
        return Traits(INITIAL_AS_SURNAME, 1, 1)
    known, hinted = bool(given_names().names(word)), bool(given_names().hinted(word))
    fathers, patronymic = bool(patronymics().names(word)), is_patronymic(word)
    ending = any(SURNAME_ENDING.search(key) for key in fold(word))
    return Traits(
        surname=ending - 2 * known - 2 * patronymic,
        given=3 if known else 2 if hinted else -2 * patronymic,
        patronymic=3 if fathers else 2 if patronymic else -1,
    )


def _surname_score(surname: list[str], tokens: list[str]) -> int:
    score = sum(_traits(word).surname for word in surname)
    stands_out = any(map(str.isupper, surname)) and not all(map(str.isupper, tokens))
    return score + 2 * (stands_out and score >= INITIAL_AS_SURNAME // 2)


def _patronymic_score(name: Name) -> int:
    """It needs a given name before it, or a surname that leaves it no other part."""
    score = _traits(name.patronymic).patronymic
    if is_initial(name.patronymic) and _traits(name.given).given <= 0:
        return 0
    return score if score > 0 or name.surname else -4
