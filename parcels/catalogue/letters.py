"""Letters as people type them: which words are written, in one script and one spelling."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Part(NamedTuple):
    """What stands between two commas; `joined` when an "and" stands before it."""

    words: tuple[str, ...]
    joined: bool


LETTER = r"[^\W\d_]"
CONJUNCTIONS = {
    "+",
    "/",
    "&",
    "и",
    "і",
    "й",
    "та",
    "или",
    "або",
    "чи",
    "плюс",
    "and",
    "or",
    "plus",
    "i",
    "ta",
    "ili",
}

_SPACED_OUT = re.compile(rf"(?<!\w)(?:{LETTER}[ .*\-]){{2,}}{LETTER}(?!\w)")
_NUMBER_SIGN = re.compile(r"№|\bno\.?\s*(?=\d)", re.IGNORECASE)  # "№ 5" says no "no"
_ABBREVIATED = re.compile(rf"(?<!\w)({LETTER})/({LETTER})(?!\w)")  # б/у, w/o
_ZERO_FOR_O = re.compile(rf"(?<={LETTER})0(?={LETTER})")
_APOSTROPHES = re.compile(rf"(?<={LETTER})['’ʼ`´‘](?={LETTER})")
# A full stop divides after a whole word, when a space or another follows, not in "500 г." or "Dr. Korner".
_TOKEN = re.compile(rf"{LETTER}+|[+/&,;|\n•!]|(?<={LETTER}{{3}})\.(?=\s|{LETTER}{{3}})")
_QUOTED = re.compile(r"[\"«“„]([^\"«»“”„]{1,60})[\"»”“]")

# Stress marks, soft hyphens, and what is written but has no width.
_UNSEEN = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_HACEKS = str.maketrans({"č": "ch", "š": "sh", "ž": "zh"})
_GREEK = str.maketrans("αορχυικτνεβμ", "aopxyiktvebm")
# The small twins of H and B are their capitals': н and в.
_TO_CYRILLIC = str.maketrans("aceopxyikmthb", "асеорхуікмтнв")
_TO_LATIN = str.maketrans("асеорхуікмтнв", "aceopxyikmthb")
# "hot" is no нот.
_SHORTEST_TWIN = 4
_LATIN = re.compile("[a-z]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")

_FOLD = str.maketrans("эєіїыйґў", "ееиииигу", "ъь")
# "жаренный" is "жареный", but "лимонный" is not "лимоны".
_DOUBLE = re.compile(r"([^н])\1+|(?<=[аея])(н)н+")

_DIGRAPHS = {
    "shch": "щ", "sch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "tz": "ц", "ch": "ч", "sh": "ш", "ph": "ф",
    "ya": "я", "ja": "я", "yu": "ю", "ju": "ю", "yo": "е", "jo": "е", "ye": "е", "je": "е", "ck": "к",
}  # fmt: skip
_SINGLES = dict(zip("abdefgijklmnopqrstuvwyz", "абдефгииклмнопкрстуввиз", strict=True))
# Where writers differ: kh or h, ts or c, ks or x, and the Ukrainian h for г and ia for я.
_HABITS = (
    {"h": "х", "c": "ц", "x": "кс"},
    {"h": "г", "c": "к", "x": "х"},
    {"h": "г", "c": "ц", "x": "х", "ia": "я", "iu": "ю"},
)
_LATIN_SOUND = re.compile("shch|sch|[zkctsp]h|t[sz]|[yj][auoe]|ck|i[au]|[a-z]")


def parts(text: str) -> list[Part]:
    found: list[Part] = []
    words: list[str] = []
    joined = False
    for word in _tokens(_plain(text)):
        if word == "," or word in CONJUNCTIONS:
            if words:
                found.append(Part(tuple(words), joined))
                words, joined = [], False
            joined = joined or word != ","
        else:
            words.append(word)
    if words:
        found.append(Part(tuple(words), joined))
    return found


def fold(word: str) -> str:
    """One spelling for both languages: е for э, є; и for і, ї, ы, й; no soft sign, no double letter."""
    return _DOUBLE.sub(r"\1\2", word.translate(_FOLD).replace("сч", "щ"))


@lru_cache(maxsize=16_384)
def one_script(word: str) -> str:
    """A word of two scripts is read in the one where all its letters have a place."""
    word = word.translate(_GREEK)
    if not (_LATIN.search(word) and _CYRILLIC.search(word)):
        return word
    cyrillic = word.translate(_TO_CYRILLIC)
    if not _LATIN.search(cyrillic):
        return cyrillic
    latin = word.translate(_TO_LATIN)
    return latin if not _CYRILLIC.search(latin) else _sounds(cyrillic, _HABITS[0])


def is_latin(word: str) -> bool:
    return word.isascii()


def cyrillic_readings(latin: str) -> tuple[str, ...]:
    """How a Latin word may be meant in Cyrillic: by sound, in each habit, or by the look of its letters."""
    readings = [_sounds(latin, habit) for habit in _HABITS]
    twin = latin.translate(_TO_CYRILLIC)
    if len(latin) >= _SHORTEST_TWIN and not _LATIN.search(twin):
        readings.append(twin)
    return tuple(dict.fromkeys(readings))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", _NUMBER_SIGN.sub(" ", text)).casefold().replace("ё", "е")
    text = _UNSEEN.sub("", text.translate(_HACEKS))
    text = _APOSTROPHES.sub("", _ZERO_FOR_O.sub("о", text))
    text = _ABBREVIATED.sub(r"\1\2", text)
    return _SPACED_OUT.sub(lambda run: re.sub(r"[ .*\-]", "", run[0]), text)


def _tokens(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(_QUOTED.sub(_as_one_name, text)):
        yield one_script(token) if token.isalpha() else token if token in CONJUNCTIONS else ","


def _as_one_name(quoted: re.Match[str]) -> str:
    return " ".join(word for word in re.findall(rf"{LETTER}+", quoted[1]) if word not in CONJUNCTIONS)


def _sounds(latin: str, habit: dict[str, str]) -> str:
    def sound(match: re.Match[str]) -> str:
        letters = match[0]
        known = _DIGRAPHS.get(letters) or habit.get(letters)
        return known or "".join(habit.get(letter) or _SINGLES.get(letter, letter) for letter in letters)

    return _LATIN_SOUND.sub(sound, latin)
