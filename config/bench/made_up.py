"""People who do not exist, by the hundred thousand, and how two offices each write them. Deterministic.

Given names and patronymics are the demonstration's; surnames are put together from syllables, a few of them
as common as the commonest are. The spelling systems are written down here from their standards, apart from
`people.names`, so that what is read back is not what was put in by the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import accumulate, product
from random import Random
from typing import Final, Literal, NamedTuple

from parcels.demonstration.lists import table

Writing = Literal["ru", "uk", "latin"]

_ONSETS: Final = "Б В Г Д Ж З К Л М Н П Р С Т Х Ц Ч Ш Щ Бр Вл Гл Гр Др Зв Кл Кр Пл Пр См Ст Тр Хв Хл Шв Шк Жд"
_VOWELS: Final = "аеиоуюя"
_CODAS: Final = "б в г д ж з к л м н п р с т х ч ш щ рк рш лг нд ст рт шк рн лк"
# In Russian and in Ukrainian spelling; a woman's and a man's; how often in a hundred.
_ENDINGS: Final = (
    ("ов", "ов", 26), ("ин", "ін", 12), ("енко", "енко", 26), ("ук", "ук", 8), ("чук", "чук", 7),
    ("ский", "ський", 8), ("ак", "ак", 5), ("ец", "ець", 4), ("евич", "евич", 4),
)  # fmt: skip
_FEMALE: Final = {"ов": "ова", "ин": "ина", "ін": "іна", "ский": "ская", "ський": "ська"}

_COMMON: Final = dict(zip("абвдзклмнопрстуфэ", "abvdzklmnoprstufe", strict=True))
_BGN: Final = _COMMON | {
    "г": "g", "е": "e", "ё": "yo", "ж": "zh", "и": "i", "й": "y", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "ю": "yu", "я": "ya",
}  # fmt: skip
_ICAO: Final = _BGN | {"ё": "e", "й": "i", "ъ": "ie", "ю": "iu", "я": "ia"}
_ISO9: Final = _BGN | {
    "ё": "ë", "ж": "ž", "й": "j", "х": "h", "ц": "c", "ч": "č", "ш": "š", "щ": "ŝ", "ъ": "ʺ", "ь": "ʹ",
    "э": "è", "ю": "û", "я": "â",
}  # fmt: skip
_GOST_2010: Final = _ICAO | {"ц": "tc"}
_GERMAN: Final = _BGN | {
    "в": "w", "ж": "sch", "з": "s", "й": "i", "х": "ch", "ц": "z", "ч": "tsch", "ш": "sch", "щ": "schtsch",
    "ю": "ju", "я": "ja", "ё": "jo",
}  # fmt: skip
_FRENCH: Final = _BGN | {
    "ж": "j",
    "й": "i",
    "у": "ou",
    "ч": "tch",
    "ш": "ch",
    "щ": "chtch",
    "ю": "iou",
    "я": "ia",
}
_POLISH: Final = _BGN | {
    "в": "w", "ж": "ż", "й": "j", "х": "ch", "ц": "c", "ч": "cz", "ш": "sz", "щ": "szcz", "ю": "ju",
    "я": "ja",
}  # fmt: skip
_KMU: Final = _COMMON | {
    "г": "h", "ґ": "g", "е": "e", "є": "ie", "ж": "zh", "и": "y", "і": "i", "ї": "i", "й": "i", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ю": "iu", "я": "ia",
}  # fmt: skip
_KMU_FIRST: Final = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_PRESS: Final = _KMU | {"й": "y", "ю": "yu", "я": "ya", "є": "ye"}
# The system, the language it starts from, and how often in a hundred.
_SYSTEMS: Final = (
    (_BGN, "ru", 22), (_ICAO, "ru", 22), (_GOST_2010, "ru", 5), (_ISO9, "ru", 5), (_GERMAN, "ru", 3),
    (_FRENCH, "ru", 2), (_POLISH, "ru", 3), (_KMU, "uk", 28), (_PRESS, "uk", 10),
)  # fmt: skip
_LIKE: Final = {
    "а": "о",
    "о": "а",
    "е": "и",
    "и": "е",
    "і": "и",
    "д": "т",
    "т": "д",
    "б": "п",
    "г": "к",
    "з": "с",
}
_LIKE_LATIN: Final = {
    "a": "o",
    "o": "a",
    "e": "i",
    "i": "e",
    "d": "t",
    "t": "d",
    "b": "p",
    "g": "k",
    "z": "s",
}

_EARLIEST: Final = date(1965, 1, 1)
_DAYS: Final = 365 * 40


class Human(NamedTuple):
    """Who somebody is, whatever is written of them: surname in both spellings, keys of the names' list."""

    woman: bool
    surname: tuple[str, str]
    given: str
    father: str
    born_on: date


class Written(NamedTuple):
    name: str
    birth_date: str


class Noise(NamedTuple):
    """Shares of entries, from 0 to 1."""

    typo: float = 0.0
    swapped_date: float = 0.0
    other_digit: float = 0.0
    year_only: float = 0.0
    no_date: float = 0.0
    no_patronymic: float = 0.0
    initials: float = 0.0
    other_order: float = 0.0


class MadeUp:
    """A population and its writers; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  nothing secret: the same people each time
        names = {(row["key"], row["form"]): row for row in table("names.csv")}
        self._names = names
        self._men, self._women = ([key for key, form in names if form == each] for each in ("man", "woman"))
        stems = ["".join(parts) for parts in product(_ONSETS.split(), _VOWELS, _CODAS.split())]
        self._random.shuffle(stems)
        self._stems = stems
        self._stem_weights = list(accumulate((rank + 2) ** -0.85 for rank in range(len(stems))))
        self._man_weights = list(accumulate((rank + 2) ** -0.9 for rank in range(len(self._men))))
        self._woman_weights = list(accumulate((rank + 2) ** -0.9 for rank in range(len(self._women))))

    def human(self, *, women: float = 0.06) -> Human:
        woman = self._random.random() < women
        return Human(woman, self._surname(woman), self._given(woman), self._given(False), self._day())

    def twin(self, of: Human) -> Human:
        return of._replace(given=self._other_than(of.given, of.woman))

    def namesake(self, of: Human) -> Human:
        """The same name, born some years before or after."""
        apart = self._random.choice((-1, 1)) * self._random.randrange(800, 7000)
        return of._replace(born_on=of.born_on + timedelta(days=apart))

    def parent(self, of: Human) -> Human:
        """The father of a man whose names are the other way round: Ivan Sergeevich, Sergei Ivanovich."""
        born_on = of.born_on - timedelta(days=self._random.randrange(7000, 12000))
        return of._replace(
            woman=False,
            given=of.father,
            father=of.given if not of.woman else self._given(False),
            born_on=born_on,
        )

    def written(self, human: Human, writing: Writing, noise: Noise) -> Written:
        draw = self._random.random
        system, language = self._system() if writing == "latin" else (None, writing)
        surname, given, patronymic = self._parts(human, language)
        if system is not None:
            surname, given, patronymic = (_latin(part, system) for part in (surname, given, patronymic))
        if draw() < noise.initials:
            given, patronymic = f"{given[0]}.", f"{patronymic[0]}."
        elif draw() < noise.typo:
            surname, given, patronymic = self._with_typo([surname, given, patronymic])
        if draw() < noise.no_patronymic:
            patronymic = ""
        parts = [given, patronymic, surname] if draw() < noise.other_order else [surname, given, patronymic]
        return Written(" ".join(filter(None, parts)), self._date(human.born_on, noise))

    def _parts(self, human: Human, language: str) -> tuple[str, str, str]:
        surname = human.surname[language == "uk"]
        form, child = ("woman", "daughter_of") if human.woman else ("man", "son_of")
        return surname, self._names[human.given, form][language], self._names[human.father, child][language]

    def _surname(self, woman: bool) -> tuple[str, str]:
        (stem,) = self._random.choices(self._stems, cum_weights=self._stem_weights)
        weights = [weight for *_, weight in _ENDINGS]
        ((russian, ukrainian, _),) = self._random.choices(_ENDINGS, weights)
        # Whether a Ukrainian writes и or і is the name's own.
        in_ukrainian = stem.replace("и", "і") if sum(map(ord, stem)) % 2 else stem
        if woman:
            russian, ukrainian = _FEMALE.get(russian, russian), _FEMALE.get(ukrainian, ukrainian)
        return stem + russian, in_ukrainian + ukrainian

    def _given(self, woman: bool) -> str:
        names, weights = (self._women, self._woman_weights) if woman else (self._men, self._man_weights)
        return self._random.choices(names, cum_weights=weights)[0]

    def _other_than(self, given: str, woman: bool) -> str:
        other = given
        while other == given:
            other = self._given(woman)
        return other

    def _day(self) -> date:
        return _EARLIEST + timedelta(days=self._random.randrange(_DAYS))

    def _system(self) -> tuple[dict[str, str], str]:
        ((system, language, _),) = self._random.choices(_SYSTEMS, [weight for *_, weight in _SYSTEMS])
        return system, language

    def _with_typo(self, parts: list[str]) -> list[str]:
        """One slip, mostly in the surname: a letter left out, doubled, swapped with the next, or like it."""
        (at,) = self._random.choices((0, 1, 2), weights=(60, 20, 20))
        word = parts[at]
        place = self._random.randrange(1, len(word) - 1) if len(word) > 3 else 1
        slip = self._random.choice(("left out", "doubled", "swapped", "like"))
        letter, rest = word[place], word[place + 1 :]
        if slip == "left out":
            made = word[:place] + rest
        elif slip == "doubled":
            made = word[:place] + letter * 2 + rest
        elif slip == "swapped" and rest:
            made = word[:place] + rest[0] + letter + rest[1:]
        else:
            made = word[:place] + (_LIKE | _LIKE_LATIN).get(letter, letter) + rest
        return [*parts[:at], made, *parts[at + 1 :]]

    def _date(self, on: date, noise: Noise) -> str:
        drawn = self._random.random()
        for share, change in (
            (noise.swapped_date, _swapped),
            (noise.other_digit, self._other_digit),
            (noise.year_only, lambda day: str(day.year)),
            (noise.no_date, lambda day: ""),
        ):
            if drawn < share:
                return change(on)
            drawn -= share
        return on.isoformat()

    def _other_digit(self, on: date) -> str:
        return (
            on.replace(year=on.year + self._random.choice((-10, -1, 1))).isoformat()
            if on.day < 29
            else on.isoformat()
        )


def _swapped(on: date) -> str:
    """Where the day is no month, nobody can have taken it for one."""
    return (date(on.year, on.day, on.month) if on.day <= 12 else on).isoformat()


def _latin(word: str, system: Mapping[str, str]) -> str:
    lower = word.lower()
    first = _KMU_FIRST.get(lower[0]) if system in (_KMU, _PRESS) else None
    made = (first or system.get(lower[0], lower[0])) + "".join(
        system.get(letter, letter) for letter in lower[1:]
    )
    return made[:1].upper() + made[1:]
