"""Folding keys: one plain spelling for whatever alphabet and transliteration system a word came in.

A key is written in small Latin letters, with `Z S C` for zh, sh, ch and `h` for kh. What transliterations
blur is blurred: и, і, ы, й are one `i`; ё, йо, е, є, э are one `e`; ь, ъ, apostrophes and doubled letters
are gone. What tells names apart stays. A Latin word that can be read in several systems has several keys.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice, product
from typing import NamedTuple

from people.names.script import is_cyrillic, repaired, tidy

MOST_READINGS = 16

CYRILLIC = dict(
    zip(
        "абвгґдеєжзиіїйклмнопрстуфхчшъыьэўјљњћәөүұқғңһҳӏ",
        "abvggdeeZziiiiklmnoprstufhCS.i.evilnCaouukgnhh.",
        strict=True,
    )
)
CYRILLIC |= {
    "ц": "ts",
    "щ": "SC",
    "ю": "iu",
    "я": "ia",
    "ё": "io",
    "ђ": "dZ",
    "џ": "dZ",
    "җ": "dZ",
    "ѕ": "dz",
}
DIACRITICS = {"š": "S", "ž": "Z", "č": "C", "ŝ": "SC", "ż": "Z", "ć": "C", "ç": "C", "ş": "S", "ł": "l"}
DIACRITICS |= {"â": "ia", "û": "iu", "ß": "ss", "đ": "d", "ı": "i", "ə": "a", "ø": "o", "æ": "e", "œ": "e"}


class System(NamedTuple):
    """One way of writing Cyrillic names in Latin letters, read when `when` is found and `unless` is not.
    `rules`: letters=reading, or several after commas, in order of precedence."""

    when: str
    unless: str
    rules: str


ENGLISH = System(  # BGN/PCGN, ICAO 9303, KMU 2010, GOST R 52535, GOST 7.79 B, passports before 2010
    when="",
    unless="[šžčŝżł]|sz|tsch|schtsch",
    rules="shch=SC shh=SC sch=SC,S sh=S tch=C ch=C zgh=zg zh=Z kh=h gh=g tc=ts cz=ts tz=ts ph=f h=g x=ks,h"
    " c(?=[tkl])=k ^c(?=[aou])=k dj=di,dZ ^j(?=[aou])=i,dZ",
)
FRENCH = System(
    when="ou|tch|gu[eiy]|j(?![aeiouy]|$)|[ei]ï|aï|é",
    unless="[wšžčŝżł]|sh|zh|sz",
    rules="chtch=SC tch=C ch=S kh=h dj=di,dZ j(?=[oaudk])=Z j(?=[ei])=Z,i ou=u"
    " gu(?=[eiy])=g ine$=in h=g x=ks tz=ts c=k",
)
GERMAN = System(
    when="w|sch",
    unless="v|sz|cz|(?<!c)zh|kh|(?<![ts])sh|[šžčŝżł]",
    rules="schtsch=SC tsch=C sch=S,Z ch=h ss=s ts=ts tz=ts z=ts s(?=[aeiouy])=s,z ^s(?=[bdgw])=z"
    " (?<=[aeiouy])s(?=[bdglmnrwj])=s,z h=g x=ks ck=k c=k",
)
POLISH = System(
    when="w|sz|cz|[łż]|ck[ai]",
    unless="v|sch|sh|(?<!r)zh|kh|[šžčŝ]",
    rules="szcz=SC sz=S cz=C ch=h h=g c=ts x=ks",
)
SCHOLARLY = System(  # ISO 9, GOST 7.79 A, library systems
    when="[šžčŝâûè]",
    unless="[wżł]|[sz]h|ou",
    rules="ch=h kh=h h=h,g x=h c=ts",
)
STRIPPED = System(  # the same, its diacritics lost on the way
    when="j|c(?![hzk])",
    unless="[cszktg]h|[wšžčŝżł]|ou|y[aou]|sz|cz|tz|tc",
    rules="s(?=k[iy])=s s=s,S z=z,Z c=ts,C h=h,g x=h",
)
PLAIN_H = System(when="h", unless="[cszktg]h|[wšžčŝżłâû]|sz|cz|tz|tc", rules="h=h x=ks")

SYSTEMS = (ENGLISH, FRENCH, GERMAN, POLISH, SCHOLARLY, STRIPPED, PLAIN_H)
LETTERS = "w=v q=k (?<=[bcdfghklmnprstvz])j(?![aeiouy])= j=i y=i x=ks c=ts"

SAME_SOUND = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"(?<=[bdvzsntr])ie(?=i[au])", ""),  # ICAO 9303 writes ъ as ie
        (r"i{2,}", "i"),
        (r"io|ie", "e"),
        (r"(?<=[ZSC])o(?=v)", "e"),  # Хрущов, Хрущёв
        (r"(?<=[oe])f+$", "v"),
        (r"t(?=C)", ""),
        (r"(.)\1+", r"\1"),
        (r"enka$", "enko"),  # as in Belarusian
        (r"(?<=sk)aia$", "a"),  # -ская, -ська
    )
)


@lru_cache(maxsize=2**15)
def fold(word: str) -> frozenset[str]:
    """Words with a key in common are spellings of one name. None for what has no letter."""
    letters = _letters(word)
    readings = _cyrillic(letters) if is_cyrillic(letters) else _latin(letters, SYSTEMS)
    return frozenset(key for key in map(_squeezed, readings) if key)


@lru_cache(maxsize=2**12)
def fold_loosely(word: str) -> frozenset[str]:
    """With readings in systems that a Latin word shows no sign of, but may be written in all the same."""
    letters = _letters(word)
    if is_cyrillic(letters):
        return fold(word)
    readings = _latin(letters, [system._replace(when="") for system in SYSTEMS])
    return frozenset(key for key in map(_squeezed, readings) if key)


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, repaired(tidy(word)).casefold()))


def _cyrillic(letters: str) -> set[str]:
    plain = "".join(CYRILLIC.get(letter) or _base(letter, CYRILLIC) for letter in letters)
    both = {plain.replace(".", "")}
    if "ьо" in letters:  # KMU 2010 drops the ь: Ковальов is Kovalov and Ковалёв
        both.add(plain.replace(".o", "e").replace(".", ""))
    if re.search("[жчшщ]ё", letters):
        both.add(re.sub("(?<=[ZSC])io", "o", plain).replace(".", ""))
    return both


def _latin(letters: str, systems: Iterable[System]) -> set[str]:
    plain = "".join(DIACRITICS.get(letter) or _base(letter, DIACRITICS) for letter in letters)
    fitting = (s for s in systems if re.search(s.when, letters) and not re.search(s.unless, letters))
    read = {reading for system in fitting for reading in _readings(plain, system)}
    return read or set(_readings(plain, ENGLISH))


def _base(letter: str, known: dict[str, str]) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return known.get(base, base)


def _readings(letters: str, system: System) -> Iterator[str]:
    rules, sounds = _compiled(system)
    options = [
        sounds[found.lastindex] if found.lastindex else (found[0],) for found in rules.finditer(letters)
    ]
    return ("".join(reading) for reading in islice(product(*options), MOST_READINGS))


@cache
def _compiled(system: System) -> tuple[re.Pattern[str], dict[int, tuple[str, ...]]]:
    """One pattern with a group a rule, and the readings of each group."""
    rules = [rule.rsplit("=", 1) for rule in f"{system.rules} {LETTERS}".split()]
    pattern = "|".join(f"({letters})" for letters, _ in rules)
    return re.compile(pattern + "|."), {n: tuple(r.split(",")) for n, (_, r) in enumerate(rules, start=1)}


def _squeezed(reading: str) -> str:
    for pattern, key in SAME_SOUND:
        reading = pattern.sub(key, reading)
    return reading
