"""Latin spelling for labels and papers: Ukrainian by resolution 55 of 2010, Russian by BGN/PCGN 1947 in its
simplified form (no signs for ь and ъ, yo for ё). Both give plain letters."""

import re
import unicodedata
from typing import Literal

from people.names.script import APOSTROPHES, CYRILLIC, repaired

Language = Literal["ru", "uk"]

SHARED = dict(zip("абвдзклмнопрстуфэ", "abvdzklmnoprstufe", strict=True))
SHARED |= {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": ""}
RUSSIAN = SHARED | {
    "г": "g",
    "е": "e",
    "ё": "yo",
    "и": "i",
    "й": "y",
    "ъ": "",
    "ы": "y",
    "ю": "yu",
    "я": "ya",
}
UKRAINIAN = SHARED | {"г": "h", "ґ": "g", "е": "e", "є": "ie", "и": "y", "і": "i", "ї": "i", "й": "i"}
UKRAINIAN |= {"ю": "iu", "я": "ia"}
UKRAINIAN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
OTHERS = {
    "ў": "u",
    "ј": "j",
    "љ": "lj",
    "њ": "nj",
    "ћ": "c",
    "ђ": "dj",
    "џ": "dz",
    "ѕ": "dz",
    "ә": "a",
    "ө": "o",
}
OTHERS |= {"ү": "u", "ұ": "u", "қ": "q", "ғ": "gh", "ң": "n", "һ": "h", "җ": "j", "ӏ": "", "ҳ": "h", "ҷ": "j"}

WORD = re.compile(rf"[^\W\d_]+(?:[{APOSTROPHES}][^\W\d_]+)*")
SURELY_UKRAINIAN = re.compile(rf"[іїєґ]|[бпвмфр][{APOSTROPHES}][яюєї]|[сзц]ьк|[йь]о")
RUSSIAN_YE = re.compile(r"(?:^|(?<=[аеёиоуыэюяйъь]))е")


def language_of(text: str) -> Language:
    """Russian when no letter decides."""
    return "uk" if SURELY_UKRAINIAN.search(text.lower()) else "ru"


def to_latin(text: str, language: Language | None = None) -> str:
    """Whatever is not Cyrillic stays; a Cyrillic letter of neither alphabet gives its nearest, or `?`."""
    spelled = language or language_of(text)
    latin = WORD.sub(lambda found: _word(found[0], spelled), unicodedata.normalize("NFC", text))
    return CYRILLIC.sub("", latin)  # numeral signs and marks between words


def _word(word: str, language: Language) -> str:
    whole = repaired(word)
    if not CYRILLIC.search(whole):
        return whole
    latin = _ukrainian(whole.lower()) if language == "uk" else _russian(whole.lower())
    if len(whole) > 1 and whole.isupper():
        return latin.upper()
    return latin[:1].upper() + latin[1:] if whole[:1].isupper() else latin


def _ukrainian(word: str) -> str:
    plain = re.sub(f"[{APOSTROPHES}]", "", word)
    first = UKRAINIAN_FIRST.get(plain[:1])
    rest = (plain[1:] if first else plain).replace("зг", "zgh")
    return (first or "") + "".join(_letter(letter, UKRAINIAN, RUSSIAN) for letter in rest)


def _russian(word: str) -> str:
    plain = RUSSIAN_YE.sub("ye", re.sub(f"[{APOSTROPHES}]", "", word))
    return "".join(_letter(letter, RUSSIAN, UKRAINIAN) for letter in plain)


def _letter(letter: str, table: dict[str, str], other: dict[str, str]) -> str:
    for known in (table, other, OTHERS):
        if letter in known:
            return known[letter]
    if not CYRILLIC.match(letter):
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return "?" if base == letter else _letter(base, table, other)
