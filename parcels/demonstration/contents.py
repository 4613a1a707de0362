"""What is in a made-up parcel, declared as people write it: mostly in order, now and then not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from parcels.demonstration.lists import LANGUAGES, table, ways, weighted
from parcels.manifest.columns import MOST_LINES

PACKING_G = (150, 450)
# What the contents are filled up to; the last piece of food, 500 g at most, comes on top.
NET_MASS_G = (5_200, 9_000)
NET_MASSES_G = {"TOO_HEAVY": (9_900, 10_100), "TOO_LIGHT": (3_700, 4_000)}

# Category, how many parcels have it, and how many lines. What fills the parcel comes first.
ORDINARY = (
    ("FOOD_DRY", 1.0, (2, 4)),
    ("FOOD_TEA_COFFEE", 0.7, (1, 1)),
    ("FOOD_VACUUM", 0.6, (1, 2)),
    ("HYGIENE", 0.5, (1, 2)),
    ("LETTER", 0.45, (1, 1)),
    ("DRAWING", 0.3, (1, 1)),
    ("UNDERWEAR", 0.35, (1, 2)),
    ("CLOTHING", 0.3, (1, 2)),
    ("TOBACCO", 0.25, (1, 1)),
    ("FOOD_SEASONAL", 0.08, (1, 1)),
    ("RELIGIOUS", 0.05, (1, 1)),
)
FILLING = ("FOOD_DRY", "FOOD_VACUUM", "FOOD_TEA_COFFEE")

TROUBLED = 0.165
TROUBLED_TWICE = 0.12
# Categories that a rule refuses, redirects or leaves to a person, then troubles of other kinds.
TROUBLE = {
    "FOOD_SWEETS": 3.0,
    "FOOD_TIN": 2.4,
    "FOOD_HOME_PRESERVED": 1.6,
    "FOOD_GLASS": 1.2,
    "FOOD_NEEDS_COOKING": 0.9,
    "FOOD_PERISHABLE": 0.8,
    "YEAST": 0.1,
    "ALCOHOL": 0.6,
    "LIGHTER": 0.9,
    "MATCHES": 0.6,
    "MEDICINE": 1.8,
    "SHARP": 0.8,
    "ELECTRONICS": 0.7,
    "OPTICS": 0.1,
    "MONEY": 0.3,
    "PRINTED": 1.2,
    "PHOTO": 0.9,
    "CLOTHING_MILITARY": 0.7,
    "STATIONERY": 0.6,
    "GAMES": 0.6,
    "LEGAL_DOCUMENT": 0.4,
    "WEAPON_DANGEROUS": 0.2,
    "MAPS_COMPASS": 0.2,
    "UNKNOWN": 1.2,
    "OVER_LIMIT": 1.6,
    "MISSPELT": 0.8,
    "TOO_HEAVY": 1.0,
    "TOO_LIGHT": 1.0,
}
OVER_LIMIT = {"TOBACCO": (12, 30), "UNDERWEAR": (9, 11), "FOOD_SEASONAL": (3, 5)}

OTHER_LANGUAGE = 0.06
WITH_AMOUNT = 0.1
AMOUNTS = {
    "ru": ("{} {quantity} шт", "{}, {quantity} шт.", "{} {mass} г", "{} по {mass} гр"),
    "uk": ("{} {quantity} шт", "{}, {quantity} шт.", "{} {mass} г", "{} по {mass} г"),
    "en": ("{} x{quantity}", "{} {mass} g", "{}, {quantity} pcs"),
}
CASES = {"as_is": 86, "lower": 11, "upper": 3}
# For three and four years, and for five to twelve.
AGES = {"ru": ("{} года", "{} лет"), "uk": ("{} роки", "{} років"), "en": ("aged {}", "aged {}")}
CHILDREN_AGED = (3, 12)


@dataclass(frozen=True, slots=True)
class Good:
    category: str
    low_g: int
    high_g: int
    most: int
    """Pieces in an ordinary parcel."""
    descriptions: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    good: Good
    quantity: int
    unit_mass_g: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    lines: tuple[Line, ...]
    gross_mass_g: int
    troubles: tuple[str, ...]


GOODS = [
    Good(row["category"], int(row["low_g"]), int(row["high_g"]), int(row["most"]), ways(row))
    for row in table("goods.csv")
]
OF_CATEGORY: dict[str, list[Good]] = {}
for _good in GOODS:
    OF_CATEGORY.setdefault(_good.category, []).append(_good)
ODD_CATEGORIES = {trouble: weight for trouble, weight in TROUBLE.items() if trouble in OF_CATEGORY}
CHILDREN = list(table("children.csv"))


def pack(drawn: Random, language: str) -> Contents:
    """A parcel of a family that writes in ``language``."""
    troubles = _troubles(drawn)
    lines = list(_odd_lines(drawn, troubles))
    kept = len(lines) + 1
    lines = [*lines, *_ordinary_lines(drawn)][:MOST_LINES]
    _fill(drawn, lines, kept, next(filter(None, map(NET_MASSES_G.get, troubles)), NET_MASS_G))
    drawn.shuffle(lines)
    lines = [replace(line, description=_described(drawn, line, language)) for line in lines]
    if "MISSPELT" in troubles:
        lines[0] = replace(lines[0], description=_misspelt(drawn, lines[0].description))
    return Contents(tuple(lines), _net_mass_g(lines) + drawn.randint(*PACKING_G), troubles)


def _troubles(drawn: Random) -> tuple[str, ...]:
    if drawn.random() >= TROUBLED:
        return ()
    first = weighted(drawn, TROUBLE)
    if drawn.random() >= TROUBLED_TWICE:
        return (first,)
    return (first, weighted(drawn, {odd: weight for odd, weight in ODD_CATEGORIES.items() if odd != first}))


def _odd_lines(drawn: Random, troubles: Sequence[str]) -> Iterator[Line]:
    for trouble in troubles:
        if trouble in OF_CATEGORY:
            good = drawn.choice(OF_CATEGORY[trouble])
            yield _line(drawn, good, drawn.randint(1, good.most))
        elif trouble == "OVER_LIMIT":
            category = drawn.choice(list(OVER_LIMIT))
            yield _line(drawn, drawn.choice(OF_CATEGORY[category]), drawn.randint(*OVER_LIMIT[category]))


def _ordinary_lines(drawn: Random) -> Iterator[Line]:
    for category, share, lines in ORDINARY:
        if drawn.random() < share:
            for good in drawn.sample(OF_CATEGORY[category], drawn.randint(*lines)):
                yield _line(drawn, good, drawn.randint(1, min(2, good.most)))


def _line(drawn: Random, good: Good, quantity: int) -> Line:
    return Line(good, quantity, drawn.randrange(good.low_g, good.high_g + 1, 10 if good.low_g >= 100 else 5))


def _fill(drawn: Random, lines: list[Line], kept: int, net_mass_g: tuple[int, int]) -> None:
    """Takes lines out from the end, but not the first ``kept``, then puts food in."""
    wanted_g = drawn.randint(*net_mass_g)
    while _net_mass_g(lines) > wanted_g and len(lines) > kept:
        lines.pop()
    while _net_mass_g(lines) < wanted_g:
        _add_one(drawn, lines)


def _add_one(drawn: Random, lines: list[Line]) -> None:
    """One more of some food, the heavier the likelier; or another food; or else more than is ordinary."""
    foods = [place for place, line in enumerate(lines) if line.good.category in FILLING]
    few = [place for place in foods if lines[place].quantity < lines[place].good.most]
    if not few and len(lines) < MOST_LINES:
        taken = [line.good for line in lines]
        others = [good for category in FILLING for good in OF_CATEGORY[category] if good not in taken]
        lines.append(_line(drawn, max(drawn.sample(others, 3), key=lambda good: good.most * good.high_g), 1))
        return
    [place] = drawn.choices(few or foods, [lines[place].unit_mass_g for place in few or foods])
    lines[place] = replace(lines[place], quantity=lines[place].quantity + 1)


def _net_mass_g(lines: Sequence[Line]) -> int:
    return sum(line.quantity * line.unit_mass_g for line in lines)


def _described(drawn: Random, line: Line, language: str) -> str:
    if drawn.random() < OTHER_LANGUAGE:
        language = drawn.choice(LANGUAGES)
    text = drawn.choice(line.good.descriptions[language])
    if "{" in text:
        text = _drawn_by(drawn, text, language)
    elif drawn.random() < WITH_AMOUNT:
        amount = drawn.choice(AMOUNTS[language])
        text = amount.format(text, quantity=line.quantity, mass=line.unit_mass_g)
    case = weighted(drawn, CASES)
    return {"lower": text.lower(), "upper": text.upper()}.get(case, text)


def _drawn_by(drawn: Random, text: str, language: str) -> str:
    """``text`` with the name and age of a child."""
    child = "girl" if "{girl}" in text else "boy"
    name = drawn.choice([row[language] for row in CHILDREN if row["child"] == child])
    years = drawn.randint(*CHILDREN_AGED)
    age = AGES[language][0 if years in (3, 4) else 1].format(years)
    return text.format(**{child: name, "age": age})


def _misspelt(drawn: Random, text: str) -> str:
    """``text`` with two neighbouring letters of its first word in each other's place."""
    places = [at for at in range(1, len(text.split()[0]) - 1) if text[at] != text[at + 1]]
    at = drawn.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
