"""How a name is written: words, initials, scripts, and letters of one script typed for those of the other."""

import re
import unicodedata

APOSTROPHES = "'’‘‛ʼʻʽʹʺʾʿ`´′″\"“”„«»＇\u00ad\u200b\u200c\u200d\u2060\ufeff"
DASHES = "‐‑‒–—―−⁃﹣－"
TIDY = str.maketrans({**dict.fromkeys(APOSTROPHES), **dict.fromkeys(DASHES, "-")})

CYRILLIC = re.compile(r"[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]")
LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0487]")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*\.?")

LOOKS_LATIN = str.maketrans(
    "аеёорсухіїјѕԛԝһкмтАВЕЁКМНОРСТУХІЇЈЅ",
    "aeëopcyxiïjsqwhkmtABEËKMHOPCTYXIÏJS",
    "ьъЬЪ",  # which some systems leave in a Latin word
)
LOOKS_CYRILLIC = str.maketrans(
    "aeëopcyxiïjskmtABEËKMHOPCTYXIÏJS",
    "аеёорсухіїјѕкмтАВЕЁКМНОРСТУХІЇЈЅ",
)
LONG_INITIALS = frozenset({"shch", "sch"})


def tidy(text: str) -> str:
    """NFKC, one kind of hyphen, without apostrophes, stress marks or invisible characters."""
    plain = text.translate(TIDY)
    return plain if plain.isascii() else MARKS.sub("", unicodedata.normalize("NFKC", plain))


def words(text: str) -> list[str]:
    """Double names stay one word; an initial keeps its full stop, no other word does."""
    joined = re.sub(r"\s*-\s*", "-", tidy(text))
    found = (repaired(word) for word in WORD.findall(joined))
    return [word if is_initial(word) else word.rstrip(".") for word in found]


def is_initial(word: str) -> bool:
    letters = word.rstrip(".").lower()
    return len(letters) == 1 or (word.endswith(".") and (len(letters) == 2 or letters in LONG_INITIALS))


def is_cyrillic(word: str) -> bool:
    return CYRILLIC.search(word) is not None


def repaired(word: str) -> str:
    """A word of two scripts in one of them, when look-alike letters allow it; as it was otherwise."""
    if word.isascii() or not LATIN.search(word) or not CYRILLIC.search(word):
        return word
    cyrillic, latin = len(CYRILLIC.findall(word)), len(LATIN.findall(word))
    as_latin, as_cyrillic = word.translate(LOOKS_LATIN), word.translate(LOOKS_CYRILLIC)
    whole = [w for w in (as_latin, as_cyrillic) if not (CYRILLIC.search(w) and LATIN.search(w))]
    if len(whole) == 2:
        return as_latin if latin >= cyrillic else as_cyrillic
    return whole[0] if whole else word
