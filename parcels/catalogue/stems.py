"""Words without their endings: one light set of rules for Russian and Ukrainian, one for English."""

import re
from functools import lru_cache

from parcels.catalogue.letters import cyrillic_readings, fold, is_latin

_SHORTEST_STEM = 3
# On folded letters, where "ый" and "ій" are both "и".
_ENDINGS = {
    "иями", "ами", "ями", "ого", "его", "ому", "ему", "ими", "ием", "иях", "иям", "ею",
    "ою", "ую", "юю", "ая", "яя", "ое", "ее", "ие", "ия", "ию", "ом", "ем", "ам", "ям", "ах", "ях",
    "ов", "ев", "ив", "еи", "ои", "им", "их", "а", "я", "о", "е", "и", "у", "ю",
}  # fmt: skip
_ADJECTIVE = re.compile(
    r"(ая|яя|ое|ее|[ыи]е|[ыиі]й|ой|[ое]го|[ое]му|[ыи]х|[ыи]ми?|ную|ової|н[аеі]|[ое]в[аеі]|ськ[аеі])$"
)


@lru_cache(maxsize=65_536)
def keys(word: str) -> tuple[str, ...]:
    """Under which keys a word is looked up, the surest first: the very form, then its stems."""
    if is_latin(word):
        by_sound = [key for reading in cyrillic_readings(word) for key in cyrillic_keys(reading)]
        return ("=" + word, *english_keys(word), *dict.fromkeys(by_sound))
    return ("=" + word, *cyrillic_keys(word))


def cyrillic_keys(word: str) -> tuple[str, ...]:
    folded = fold(word)
    found = [folded, stem(folded)]
    if len(folded) > 4 and folded.endswith(("ок", "ек", "ец")):  # носок, носки; огурец, огурцы
        found.append(folded[:-2] + folded[-1])
    return tuple(dict.fromkeys(found))


def english_keys(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((word, english_stem(word))))


def stem(folded: str) -> str:
    for size in (4, 3, 2, 1):
        if len(folded) - size >= _SHORTEST_STEM and folded[-size:] in _ENDINGS:
            return folded[:-size]
    return folded


def english_stem(word: str) -> str:
    if len(word) > 4 and word.endswith(("ies", "ie")):  # cookie, cookies; battery, batteries
        return word[: word.rindex("ie")] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes", "oes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui" else word


def looks_like_adjective(word: str) -> bool:
    is_noun = word.endswith(("ание", "ение", "яние"))
    return len(word) >= 5 and not is_noun and _ADJECTIVE.search(word) is not None
