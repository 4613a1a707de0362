"""The pairs stand in name_pairs.csv beside this file."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from people.names import (
    Name,
    daitch_mokotoff,
    fold,
    match,
    parts,
    query_keys,
    search_keys,
    sound_keys,
    to_latin,
)
from people.names.folding import SYSTEMS, System
from people.names.given import given_names, patronymics
from people.names.latin import language_of
from people.names.script import CYRILLIC, is_initial, repaired, words

with Path(__file__).with_name("name_pairs.csv").open(encoding="utf-8", newline="") as file:
    PAIRS = [(row["a"], row["b"], row["verdict"]) for row in csv.DictReader(file)]

FAMILY_NAMES = ["Коваленко", "Honcharenko", "Щербаков", "Khrushchev", "Нечуй-Левицький", "Zukovskij", "李"]
GIVEN_NAMES = ["Сергій", "Olha", "Саша", "Mykola", "Zaferan"]
PATRONYMICS = ["", "Петрович", "Serhiivna", "Гасан оглы"]

names = st.builds(
    lambda *name: " ".join(filter(None, name)),
    st.sampled_from(FAMILY_NAMES) | st.text("абвгґджзиіїйклмнопрстущюяьabcdehiklmnorstuvyz'-", min_size=2),
    st.sampled_from(GIVEN_NAMES),
    st.sampled_from(PATRONYMICS),
).filter(lambda name: not any(map(is_initial, words(name))))


@pytest.mark.parametrize(("a", "b", "verdict"), PAIRS)
def test_match_decides_pairs_both_ways(a: str, b: str, verdict: str) -> None:
    assert (match(a, b), match(b, a)) == (verdict, verdict)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Коваленко Сергій Петрович", "Sergey Petrovich Kovalenko"),
        ("Serhii Kovalenko", "Коваленко Сергей"),
        ("KOVALENKO Serhii", "Сергей Коваленко"),
        ("Kovalenko, Serhii Petrovych", "Сергій Петрович Коваленко"),
        ("Абрамович Роман Аркадьевич", "Roman Arkadiiovych Abramovych"),
        ("Нечуй-Левицький Іван", "Ivan Nechui-Levytskyi"),
        ("Нечуй – Левицький Іван", "Ivan Nechui Levytskyi"),
        ("Мамедов Али Гасан оглы", "Ali Hasan oglu Mamedov"),
    ],
)
def test_match_joins_whole_names_in_any_order(a: str, b: str) -> None:
    assert match(a, b) == "yes"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Иванов Сергей Петрович", "Иванов Сергей"),
        ("Иванов Сергей Петрович", "Ivanov S. P."),
        ("Иванов Николай", "Іванов М."),
        ("Ivanov S.P.", "Ivanov S.P."),
        ("Иванов Шамиль", "Ivanov S."),
        ("Иванову Сергею Петровичу", "Иванов Сергей Петрович"),
        ("Иванов Саша", "Иванов Александр"),
        ("Петренко-Коваль Іван", "Петренко Іван"),
        ("Петренко-Коваль Іван", "Коваль-Петренко Іван"),
        ("Роман Іван", "Іван Роман"),
        ("Kovalenko Serhii", "Kovalenko"),
    ],
)
def test_match_asks_where_a_part_is_open(a: str, b: str) -> None:
    assert (match(a, b), match(b, a)) == ("ask", "ask")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Иванов Иван Сергеевич", "Иванов Сергей Иванович"),
        ("Ivan Sergeevich Ivanov", "Іванов Сергій Іванович"),
        ("Ткач Андрій Петрович", "Ткач Олексій Петрович"),
        ("Иванов Сергей Петрович", "Иванов Сергей Павлович"),
        ("Иванов Сергей", "Иваненко Сергей"),
        ("Иванов Сергей", "Ivanov P."),
        ("Иванов Валерий", "Иванова Валерия"),
        ("Ivanov", "Serhii"),
        ("", "Ivanov"),
        ("", ""),
    ],
)
def test_match_keeps_people_apart(a: str, b: str) -> None:
    assert (match(a, b), match(b, a)) == ("no", "no")


@given(names, names)
@settings(deadline=None)
def test_match_is_symmetric(a: str, b: str) -> None:
    assert match(a, b) == match(b, a)


@given(names)
@settings(deadline=None)
def test_match_of_a_name_with_itself_is_yes(name: str) -> None:
    assert match(name, name) == "yes"


@given(st.text(), st.text())
@settings(deadline=None)
def test_match_answers_any_text(a: str, b: str) -> None:
    assert match(a, b) == match(b, a)
    assert match(a, b) in ("yes", "no", "ask")


@given(st.text())
def test_fold_takes_any_text(text: str) -> None:
    assert all(fold(text))


def test_fold_leaves_open_what_latin_letters_leave_open() -> None:
    assert fold("Hariton") == {"gariton", "hariton"}
    assert fold("Харитон") == {"hariton"}


def test_fold_drops_stress_marks_and_unknown_diacritics() -> None:
    assert fold("Ива́нов") == fold("Ivañov") == {"ivanov"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_systems_have_no_rule_behind_a_shorter_one(system: System) -> None:
    letters = [rule.split("=")[0] for rule in re.sub(r"\S*[\^(\[]\S*", "", system.rules).split()]
    hidden = [(a, b) for n, b in enumerate(letters) for a in letters[:n] if b.startswith(a)]
    assert hidden == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Kovalenkо", "Kovalenko"),
        ("Вondarenko", "Bondarenko"),
        ("Пeтpoв", "Петров"),
        ("ІBAHOB", "IBAHOB"),
        ("Ivanов", "Ivanов"),
    ],
)
def test_repaired_puts_look_alikes_into_one_script(typed: str, meant: str) -> None:
    assert repaired(typed) == meant


def test_words_part_initials_and_keep_double_names() -> None:
    assert words("С.П.Нечуй ‑ Левицький, Shch. O’Neil.") == ["С.", "П.", "Нечуй-Левицький", "Shch.", "ONeil"]


@pytest.mark.parametrize(
    ("whole", "name"),
    [
        ("Иванов Сергей Петрович", Name("Иванов", "Сергей", "Петрович")),
        ("Сергей Петрович Иванов", Name("Иванов", "Сергей", "Петрович")),
        ("Сергей Иванов Петрович", Name("Иванов", "Сергей", "Петрович")),
        ("Serhii Ivanov", Name("Ivanov", "Serhii")),
        ("Ivanov S. P.", Name("Ivanov", "S.", "P.")),
        ("С.П. Иванов", Name("Иванов", "С.", "П.")),
        ("Sergei P. Ivanov", Name("Ivanov", "Sergei", "P.")),
        ("Петрович Сергей", Name("Петрович", "Сергей")),
        ("Сергей Петрович", Name("", "Сергей", "Петрович")),
        ("Роман Аркадьевич Абрамович", Name("Абрамович", "Роман", "Аркадьевич")),
        ("Петренко Коваль Іван Петрович", Name("Петренко-Коваль", "Іван", "Петрович")),
        ("Мамедов Али Гасан оглы", Name("Мамедов", "Али", "Гасан оглы")),
        ("Tserendorj BATBAYAR", Name("BATBAYAR", "Tserendorj")),
        ("Tserendorj, Batbayar", Name("Tserendorj", "Batbayar")),
        ("Serhii", Name("", "Serhii")),
        ("Ivanov", Name("Ivanov")),
        ("1980", Name()),
    ],
)
def test_parts_finds_roles_in_any_order(whole: str, name: Name) -> None:
    assert parts(whole) == name


def test_given_names_are_many_and_of_two_sexes() -> None:
    fathers = {name.removesuffix(" sons") for name in patronymics().spellings if name.endswith(" sons")}
    mothers = given_names().spellings.keys() - fathers
    assert (len(fathers) > 150, len(mothers) > 150) == (True, True)


def test_given_names_share_no_key() -> None:
    assert {key: names for key, names in given_names().meanings.items() if len(names) > 1} == {}
    assert {key: names for key, names in patronymics().meanings.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    "query", ["Сергій Коваленко", "kovalenko", "Serhiy KOVALENKO", "Петрович Сергей", "С. Коваленко"]
)
def test_search_keys_find_a_person_by_whole_words(query: str) -> None:
    kept = search_keys("Kovalenko Sergey Petrovich")
    assert all(kept & keys for keys in query_keys(query))


@pytest.mark.parametrize("query", ["Сергій Ковальчук", "Олексій Коваленко", "Коваленко Сергій Іванович"])
def test_search_keys_miss_other_people(query: str) -> None:
    kept = search_keys("Kovalenko Sergey Petrovich")
    assert not all(kept & keys for keys in query_keys(query))


def test_search_keys_are_few() -> None:
    assert search_keys("Коваленко Сергій Петрович") == {"kovalenko", "sergei", "petr sons"}
    assert len(search_keys("Honcharenko Hryhorii Hryhorovych")) == 3
    assert search_keys("С. П.") == frozenset()


def test_sound_keys_bring_spellings_together() -> None:
    assert sound_keys("Щербаков Иван") & sound_keys("Ivan Schtscherbakow")
    assert sound_keys("Петренко Іван") & sound_keys("Petrenko Ivan")
    assert not sound_keys("Петренко Іван") & sound_keys("Kovalenko Ivan")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Peters", "734000 739400"),
        ("Peterson", "734600 739460"),
        ("Moskowitz", "645740"),
        ("Moskovitz", "645740"),
        ("Auerbach", "097400 097500"),
        ("Uhrbach", "097400 097500"),
        ("Jackson", "145460 154600 445460 454600"),
        ("Lipshitz", "874400"),
        ("Lippszyc", "874400 874500"),
        ("Lewinsky", "876450"),
        ("Szlamawicz", "486740"),
        ("Shlamovitz", "486740"),
        ("Augsburg", "054795"),
        ("Breuer", "791900"),
        ("Halberstadt", "587433 587943"),
        ("Mannheim", "665600"),
        ("Chernowitz", "496740 596740"),
        ("Cherkassy", "495400 595400"),
        ("Kleinman", "586660"),
        ("Przemysl", "746480 794648"),
        ("Rosokhovatsets", "945744"),
        ("George", "595000"),
        ("John", "160000 460000"),
        ("Schwartzenegger", "479465"),
        ("Щербаков", ""),
    ],
)
def test_daitch_mokotoff_gives_the_published_codes(name: str, codes: str) -> None:
    assert daitch_mokotoff(name) == set(codes.split())


@pytest.mark.parametrize(
    ("ukrainian", "latin"),
    [
        ("Алушта", "Alushta"),
        ("Борщагівка", "Borshchahivka"),
        ("Вінниця", "Vinnytsia"),
        ("Згурський", "Zghurskyi"),
        ("Ґалаґан", "Galagan"),
        ("Донецьк", "Donetsk"),
        ("Єнакієве", "Yenakiieve"),
        ("Гаєвич", "Haievych"),
        ("Короп'є", "Koropie"),
        ("Жежелів", "Zhezheliv"),
        ("Закарпаття", "Zakarpattia"),
        ("Медвин", "Medvyn"),
        ("Їжакевич", "Yizhakevych"),
        ("Кадиївка", "Kadyivka"),
        ("Мар’їне", "Marine"),
        ("Йосипівка", "Yosypivka"),
        ("Стрий", "Stryi"),
        ("Олексій", "Oleksii"),
        ("Тернопіль", "Ternopil"),
        ("Харків", "Kharkiv"),
        ("Біла Церква", "Bila Tserkva"),
        ("Щербухи", "Shcherbukhy"),
        ("Юрій", "Yurii"),
        ("Корюківка", "Koriukivka"),
        ("Яготин", "Yahotyn"),
        ("Знам'янка", "Znamianka"),
        ("Розгон", "Rozghon"),
    ],
)
def test_to_latin_follows_resolution_55_of_2010(ukrainian: str, latin: str) -> None:
    assert to_latin(ukrainian, "uk") == latin


@pytest.mark.parametrize(
    ("russian", "latin"),
    [
        ("Егор Щукин", "Yegor Shchukin"),
        ("Соловьёв Николай Андреевич", "Solovyov Nikolay Andreyevich"),
        ("Объедков", "Obyedkov"),
        ("Цыганков-Эйхе", "Tsygankov-Eykhe"),
        ("ЖУКОВ Юрий", "ZHUKOV Yuriy"),
        ("Kovalenkо", "Kovalenko"),
    ],
)
def test_to_latin_follows_simplified_bgn_pcgn(russian: str, latin: str) -> None:
    assert to_latin(russian, "ru") == latin


def test_to_latin_judges_the_language_by_letters() -> None:
    assert [language_of(name) for name in ("Гончар Сергій", "Дем’яненко", "Бойко Игорь", "Гончар")] == [
        "uk",
        "uk",
        "ru",
        "ru",
    ]
    assert (to_latin("Гончар Сергій"), to_latin("Гончар Сергей")) == ("Honchar Serhii", "Gonchar Sergey")


@given(st.text(st.characters(min_codepoint=0x400, max_codepoint=0x52F) | st.sampled_from(" -'az")))
def test_to_latin_leaves_no_cyrillic(text: str) -> None:
    assert CYRILLIC.search(to_latin(text)) is None
