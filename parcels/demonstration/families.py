"""The made-up people of the demonstration: those who send, and those who are held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from parcels.demonstration.lists import table, ways, weighted

LANGUAGES = {"uk": 45, "ru": 41, "en": 14}
SPELLINGS = {
    "uk": {"uk": 95, "uk_latin": 5},
    "ru": {"ru": 95, "ru_latin": 5},
    "en": {"uk_latin": 55, "ru_latin": 45},
}
OTHER_SPELLING = 0.15
ORDERS = {
    "{surname} {given} {patronymic}": 78,
    "{capitals} {given} {patronymic}": 6,
    "{given} {patronymic} {surname}": 7,
    "{surname} {given}": 9,
}
LATIN_ORDERS = {
    "{given} {surname}": 40,
    "{surname} {given} {patronymic}": 30,
    "{given} {patronymic} {surname}": 20,
    "{capitals} {given}": 10,
}
WOMEN_HELD = 0.06
# Nobody has a number in +999 or an address at example.org, so nobody is written to by mistake.
PHONES = ("+999 50 {} {} {}", "+99950{}{}{}", "+999 (50) {}-{}-{}", "00999 50 {}{}{}")
SERVICE_NUMBERS = {"LN-{}": 44, "ЛН-{}": 16, "LN {}": 8, "№ {}": 12, "": 20}
BIRTH_DATES = {"%Y-%m-%d": 86, "%Y-%m": 3, "%Y": 5, "": 6}


@dataclass(frozen=True, slots=True)
class Person:
    """Keys into the list of names; a patronymic is made from the given name of the father."""

    sex: str
    surname: str
    given: str
    father: str


@dataclass(frozen=True, slots=True)
class Relation:
    sender_sex: str
    prisoner_sex: str
    born: tuple[int, int]
    """The first and the last year in which such a prisoner was born."""
    one_surname: bool
    patronymic: str
    is_child: bool
    again: bool
    """Whether it may come with a second prisoner."""
    words: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sender:
    person: Person
    relation: Relation
    language: str
    name: str
    phone: str
    email: str
    contact_by: str


NAMES = {(row["key"], row["form"]): row for row in table("names.csv")}
KEYS = {form: [key for key, its_form in NAMES if its_form == form] for form in ("surname_m", "man", "woman")}
FORMS = {"m": ("surname_m", "man", "son_of"), "f": ("surname_f", "woman", "daughter_of")}
_RELATIONS = {row["key"]: row for row in table("relations.csv")}
WEIGHTS = {key: float(row["weight"]) for key, row in _RELATIONS.items()}
RELATIONS = {
    key: Relation(
        sender_sex=row["sender_sex"],
        prisoner_sex=row["prisoner_sex"],
        born=(int(row["born_from"]), int(row["born_to"])),
        one_surname=row["one_surname"] == "yes",
        patronymic=row["patronymic"],
        is_child=row["is_child"] == "yes",
        again=row["again"] == "yes",
        words=ways(row),
    )
    for key, row in _RELATIONS.items()
}


def make_sender(drawn: Random, number: int) -> Sender:
    relation = RELATIONS[weighted(drawn, WEIGHTS)]
    person = make_person(drawn, relation.sender_sex)
    language = weighted(drawn, LANGUAGES)
    phone = _phone(drawn, number) if drawn.random() < 0.88 else ""
    email = _email(person, number) if drawn.random() < 0.55 else ""
    return Sender(
        person=person,
        relation=relation,
        language=language,
        name=written(drawn, person, weighted(drawn, SPELLINGS[language])),
        phone=phone,
        email=email,
        contact_by=_contact_by(drawn, phone, email),
    )


def make_prisoner(drawn: Random, sender: Sender) -> Person:
    """Somebody to whom the sender can be what the relation says."""
    relation, kin = sender.relation, sender.person
    sex = relation.prisoner_sex
    if sex == "any":
        sex = "f" if drawn.random() < WOMEN_HELD else "m"
    stranger = make_person(drawn, sex)
    father = {"father": kin.given, "sibling": kin.father}.get(relation.patronymic, stranger.father)
    return Person(
        sex=sex,
        surname=kin.surname if relation.one_surname else stranger.surname,
        given=kin.father if relation.is_child else stranger.given,
        father=father,
    )


def prisoner_name(drawn: Random, prisoner: Person, sender: Sender) -> str:
    language = sender.language
    if drawn.random() < OTHER_SPELLING:
        language = drawn.choice(list(SPELLINGS))
    return written(drawn, prisoner, weighted(drawn, SPELLINGS[language]))


def written(drawn: Random, person: Person, spelling: str) -> str:
    order = weighted(drawn, LATIN_ORDERS if spelling.endswith("latin") else ORDERS)
    return in_order(order, person, spelling)


def in_order(order: str, person: Person, spelling: str) -> str:
    surname, given, patronymic = (
        NAMES[key, form][spelling]
        for key, form in zip((person.surname, person.given, person.father), FORMS[person.sex], strict=True)
    )
    return order.format(surname=surname, capitals=surname.upper(), given=given, patronymic=patronymic)


def birth_date(drawn: Random, relation: Relation) -> str:
    """A day, a month or a year, or nothing: as much as the family wrote down."""
    born = date(drawn.randint(*relation.born), 1, 1) + timedelta(days=drawn.randrange(365))
    return born.strftime(weighted(drawn, BIRTH_DATES))


def service_number(drawn: Random, number: int) -> str:
    return weighted(drawn, SERVICE_NUMBERS).format(_scattered(number, 6))


def relationship(drawn: Random, sender: Sender) -> str:
    return "" if drawn.random() < 0.03 else drawn.choice(sender.relation.words[sender.language])


def make_person(drawn: Random, sex: str) -> Person:
    given: Sequence[str] = KEYS["man" if sex == "m" else "woman"]
    return Person(sex, drawn.choice(KEYS["surname_m"]), drawn.choice(given), drawn.choice(KEYS["man"]))


def _phone(drawn: Random, number: int) -> str:
    digits = _scattered(number, 7)
    return drawn.choice(PHONES).format(digits[:3], digits[3:5], digits[5:])


def _email(person: Person, number: int) -> str:
    host = "example.org" if number % 3 else "example.net"
    return f"{person.given}.{person.surname}{number}@{host}"


def _contact_by(drawn: Random, phone: str, email: str) -> str:
    likely: Mapping[str, float] = {
        "phone": 60 if phone else 0,
        "email": 30 if email else 0,
        "post": 6,
        "organisation": 3,
        "none": 1,
    }
    return weighted(drawn, likely)


def _scattered(number: int, length: int) -> str:
    """Digits that look drawn and are different for each number: the factor has none in common with 10."""
    return f"{number * 3_819_667 % 10**length:0{length}}"
