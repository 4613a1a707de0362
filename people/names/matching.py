"""Are two names one? `yes` only when every part agrees; `ask` a person when it is plausible but not decided.

What decides is spelling systems, counterparts and known slips, never a measure of similarity: surnames made
from one root (Коваленко, Ковальчук) look more alike than one surname in two alphabets.
"""

import re
from collections.abc import Iterable
from itertools import product
from typing import Literal, NamedTuple

from people.names.folding import fold, fold_loosely
from people.names.given import Vocabulary, given_names, patronymics
from people.names.script import is_cyrillic, is_initial, tidy
from people.names.whole import Name, readings

Verdict = Literal["yes", "no", "ask"]

SHORTEST_WITH_SLIP = 4
SHORTEST_STEM = 3

SUFFIX = re.compile(
    r"(SCenko|Cenko|Senko|Zenko|enko|[oe]vski|inski|tski|ski|Cuk|i?uk|Cik|[nl]ik|ik|ovets|ets|"
    r"[oe]va?|iva?|ina?|Cak|i?ak|[oe]viC|iC|ko|Svili|dZe|ian)$"
)
SURNAME_CASES = re.compile(r"(?:aia|uiu|ogo|omu|[oe]vi|oiu|oi|om|em|im|i?[au]|i|o|e)$")  # and the other sex
GIVEN_CASES = re.compile(r"(?:[oe]vi|oi|om|em|im|i?u|i|e)$")  # without -а, which makes a woman's name

SOFT = re.compile(r"^(?:i(?=[ua]k)|[oe](?=v))")  # -ук and -юк, -ов and -ев

LIKE_SOUNDS = frozenset(
    map(frozenset, ("ao", "ei", "eo", "io", "bp", "dt", "gk", "gh", "kh", "zs", "ZS", "vf", "fh"))
)

INITIALS = {  # what a Latin initial may be short for, when it is not simply the key's first letter
    "s": "s S", "z": "z Z", "k": "k h", "c": "C ts k", "y": "i e", "i": "i e", "j": "i e Z dZ", "h": "g h",
    "e": "e i", "x": "h k", "w": "v",
}  # fmt: skip


def match(a: str, b: str) -> Verdict:
    """Of whole names, or parts of one."""
    ways_a, ways_b = readings(a), readings(b)
    verdict = _match(ways_a[0], ways_b[0])
    if verdict == "no" and any(_match(x, y) != "no" for x, y in product(ways_a, ways_b)):
        return "ask"
    return verdict


def _match(a: Name, b: Name) -> Verdict:
    if _single(a) and _single(b):
        return _match_single(a, b)
    verdicts = [verdict for verdict in _liken(a, b) if verdict]
    if not verdicts:
        return "no"
    whole = [bool(part) for part in a] == [bool(part) for part in b]
    return _worst([*verdicts, "yes" if whole else "ask"])


class Likeness(NamedTuple):
    """Part by part; None where one of the two does not give it."""

    surname: Verdict | None = None
    given: Verdict | None = None
    patronymic: Verdict | None = None


def liken(a: str, b: str) -> Likeness:
    """Of whole names, in whatever order each gives its parts; a less likely order makes no part sure."""
    ways_a, ways_b = readings(a), readings(b)
    first = _liken(ways_a[0], ways_b[0])
    if "no" not in first:
        return first
    others = (_liken(x, y) for x, y in product(ways_a, ways_b) if (x, y) != (ways_a[0], ways_b[0]))
    for other in others:
        if "no" not in other and other.surname and other.given:
            return Likeness(*("ask" if part else None for part in other))
    return first


def _liken(a: Name, b: Name) -> Likeness:
    return Likeness(
        match_surname(a.surname, b.surname) if a.surname and b.surname else None,
        _match_known(a.given, b.given, given_names()) if a.given and b.given else None,
        _match_known(a.patronymic, b.patronymic, patronymics()) if a.patronymic and b.patronymic else None,
    )


def liken_within_a_letter(a: str, b: str) -> Likeness:
    """As `liken`, but a part that is one slip of the pen away is in question, whatever letter it was.

    Of names alone that would ask too much (Панченко, Пащенко): it is for records that agree on more.
    """
    like = liken(a, b)
    if "no" not in like:
        return like
    x, y = readings(a)[0], readings(b)[0]
    known = (None, given_names(), patronymics())
    return Likeness(
        *(
            "ask" if verdict == "no" and _within_a_letter(x[at], y[at], known[at]) else verdict
            for at, verdict in enumerate(like)
        )
    )


def _within_a_letter(a: str, b: str, vocabulary: Vocabulary | None) -> bool:
    """Two names that are both known are two names, however near: Иван, Иванна."""
    if vocabulary and vocabulary.hinted(a) and vocabulary.hinted(b):
        return False
    return any(
        min(len(x), len(y)) >= SHORTEST_WITH_SLIP and (_swapped(x, y) or _one_edit(x, y))
        for x, y in product(fold(a), fold(b))
    )


def _one_edit(a: str, b: str) -> bool:
    """One letter replaced, left out or put in."""
    short, long = sorted((a, b), key=len)
    at = next((n for n, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    if len(short) == len(long):
        return short[at + 1 :] == long[at + 1 :]
    return len(long) - len(short) == 1 and short[at:] == long[at + 1 :]


def _single(name: Name) -> bool:
    return sum(map(bool, name)) == 1


def _match_single(a: Name, b: Name) -> Verdict:
    """One word against one: what either is known to be decides how they compare."""
    word_a, word_b = "".join(a), "".join(b)
    if a.patronymic or b.patronymic:
        return _match_known(word_a, word_b, patronymics())
    if a.given or b.given:
        return _match_known(word_a, word_b, given_names())
    return match_surname(word_a, word_b)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return min(verdicts, key=("no", "ask", "yes").index)


def _match_known(a: str, b: str, vocabulary: Vocabulary) -> Verdict:
    """Of two given names, or of two patronymics."""
    if is_initial(a) or is_initial(b):
        return "ask" if _initials_agree(a, b, vocabulary) else "no"
    if tidy(a).casefold() == tidy(b).casefold():
        return "yes"
    short = not vocabulary.diminutives.isdisjoint((a.casefold(), b.casefold()))
    names_a, names_b = vocabulary.names(a), vocabulary.names(b)
    if names_a & names_b or vocabulary.keys(a) & vocabulary.keys(b):
        return "ask" if short else "yes"
    if vocabulary.hinted(a) & vocabulary.hinted(b):
        return "ask"
    if names_a and names_b:
        return "no"
    if fold_loosely(a) & fold_loosely(b):
        return "ask"
    keys_a, keys_b = vocabulary.all_keys(a), vocabulary.all_keys(b)
    return "ask" if _any_slip(keys_a, keys_b) or _same_stem(keys_a, keys_b, GIVEN_CASES) else "no"


def _initials_agree(a: str, b: str, vocabulary: Vocabulary) -> bool:
    return any(
        x.startswith(y) or y.startswith(x)
        for x, y in product(_beginnings(a, vocabulary), _beginnings(b, vocabulary))
    )


def _beginnings(word: str, vocabulary: Vocabulary) -> frozenset[str]:
    if not is_initial(word):
        return vocabulary.all_keys(word)
    letters = word.rstrip(".").casefold()
    if is_cyrillic(word) or letters not in INITIALS:
        return fold(word)
    return frozenset(INITIALS[letters].split())


def match_surname(a: str, b: str) -> Verdict:
    if fold(a) & fold(b):
        return "yes"
    halves_a, halves_b = a.split("-"), b.split("-")
    if len(halves_a) == len(halves_b) == 1:
        return "ask" if _might_be_one(a, b) else "no"
    return _match_double(halves_a, halves_b)


def _might_be_one(a: str, b: str) -> bool:
    if fold_loosely(a) & fold_loosely(b):
        return True
    return _any_slip(fold(a), fold(b)) or _same_stem(fold(a), fold(b), SURNAME_CASES)


def _match_double(a: list[str], b: list[str]) -> Verdict:
    """Both halves in order decide; swapped, or one half alone, make a question."""
    if len(a) == len(b):
        verdict = _worst(map(match_surname, a, b))
        if verdict != "no":
            return verdict
        return "ask" if _worst(map(match_surname, a, reversed(b))) != "no" else "no"
    few, many = sorted((a, b), key=len)
    held = all(any(match_surname(half, other) != "no" for other in many) for half in few)
    return "ask" if held else "no"


def _same_stem(a: Iterable[str], b: Iterable[str], endings: re.Pattern[str]) -> bool:
    """As in «Кому: Иванову Сергею»."""
    stems_a, stems_b = ({endings.sub("", key) for key in keys} for keys in (a, b))
    return any(len(stem) >= SHORTEST_STEM for stem in stems_a & stems_b)


def _any_slip(a: Iterable[str], b: Iterable[str]) -> bool:
    return any(_one_slip(x, y) for x, y in product(a, b))


def _one_slip(a: str, b: str) -> bool:
    """Two neighbours swapped, a like-sounding letter, or one left out; never in what forms surnames."""
    if min(len(a), len(b)) < SHORTEST_WITH_SLIP or abs(len(a) - len(b)) > 1:
        return False
    if _swapped(a, b):
        return True
    (stem_a, suffix_a), (stem_b, suffix_b) = _parted(a), _parted(b)
    if not suffix_a or not suffix_b:
        return _differ_by_one(a, b)
    if suffix_a == suffix_b:
        return _differ_by_one(stem_a, stem_b)
    return stem_a == stem_b and SOFT.sub("", suffix_a) == SOFT.sub("", suffix_b)


def _parted(key: str) -> tuple[str, str]:
    """Stem and surname-forming suffix."""
    found = SUFFIX.search(key)
    return (key[: found.start()], found[0]) if found and found.start() >= SHORTEST_STEM - 1 else (key, "")


def _swapped(a: str, b: str) -> bool:
    apart = [n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
    if len(a) != len(b) or len(apart) != 2:
        return False
    first, second = apart
    return second == first + 1 and a[first] == b[second] and a[second] == b[first]


def _differ_by_one(a: str, b: str) -> bool:
    """By a like-sounding letter, or one left out inside; the ends of a stem make other names."""
    if len(a) == len(b):
        apart = [frozenset(pair) for pair in zip(a, b, strict=True) if pair[0] != pair[1]]
        return len(apart) == 1 and apart[0] in LIKE_SOUNDS
    short, long = sorted((a, b), key=len)
    at = next((n for n, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    return len(short) >= SHORTEST_STEM and 0 < at < len(short) and long[at + 1 :] == short[at:]
