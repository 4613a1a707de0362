import csv
from pathlib import Path

import pytest

from exchanges import standard_rules
from parcels import catalogue
from parcels.catalogue import Match, categorise
from parcels.catalogue.lexicon import lexicon
from parcels.screening import UNKNOWN, Item, Rule, Terms, screen

HERE = Path(__file__).parent
TERMS = Path(catalogue.__file__).with_name("terms")
RULES = {
    rule.category: Rule(None, rule.category, rule.verdict, None, None, rule.reason_code)
    for rule in standard_rules.load()
}
STANDARD = Terms(RULES, mass_min_g=0, mass_max_g=0, quota=None, books_apart=False)


def declarations() -> list[tuple[str, str, bool]]:
    with (HERE / "declarations.csv").open(encoding="utf-8", newline="") as file:
        return [(row["description"], row["category"], row["exact"] == "yes") for row in csv.DictReader(file)]


def dangerous() -> list[str]:
    return (HERE / "dangerous.txt").read_text(encoding="utf-8").splitlines()


def verdict(description: str) -> str:
    match = categorise(description)
    item = Item(1, (match.category, *match.others), match.exact, quantity=1, unit_mass_g=0)
    return screen([item], STANDARD, gross_mass_g=None, place_in_quota=None, second_look=False).verdict


@pytest.mark.parametrize(("description", "category", "exact"), declarations())
def test_declaration_is_read_as_its_category(description: str, category: str, exact: bool) -> None:
    match = categorise(description)

    assert (match.category, match.exact) == (category, exact)


@pytest.mark.parametrize("description", dangerous())
def test_danger_never_travels_by_itself(description: str) -> None:
    assert verdict(description) in {"redirect", "review", "prohibit"}


@pytest.mark.parametrize(
    "description", ["", "   ", "...", "12345", "500 г", "2 шт.", "x2", "🙂", "фывапр олдж", "lorem"]
)
def test_what_names_nothing_is_unknown(description: str) -> None:
    assert categorise(description) == Match(UNKNOWN, exact=False, others=())


def test_compound_takes_the_strictest_and_lists_the_others() -> None:
    assert categorise("чай, нож, носки") == Match(
        "SHARP", exact=True, others=("UNDERWEAR", "FOOD_TEA_COFFEE")
    )


@pytest.mark.parametrize("description", ["чай, фывапр", "чай и кружка", "носки, вещи", "soap and things"])
def test_compound_with_an_unknown_part_is_not_exact(description: str) -> None:
    match = categorise(description)

    assert (match.exact, verdict(description)) == (False, "review")


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("мёд", Match("FOOD_SWEETS", True, ())),
        ("мёд в стеклянной банке", Match("FOOD_GLASS", True, ())),
        ("мёд, стекло", Match("FOOD_GLASS", True, ())),
        ("мёд не в стекле", Match("FOOD_SWEETS", True, ())),
        ("кофе в банке", Match("FOOD_TEA_COFFEE", False, ())),
        ("кофе в жестяной банке", Match("FOOD_TIN", True, ())),
        ("огурцы домашние", Match("FOOD_HOME_PRESERVED", True, ())),
        ("сало", Match("FOOD_SEASONAL", True, ())),
        ("сало в вакууме", Match("FOOD_VACUUM", True, ())),
        ("варёная колбаса в вакууме", Match("FOOD_SEASONAL", True, ())),
        ("гречка", Match("FOOD_NEEDS_COOKING", True, ())),
        ("гречка быстрого приготовления", Match("FOOD_DRY", True, ())),
        ("просроченное печенье", Match("FOOD_PERISHABLE", True, ())),
        ("куртка", Match("CLOTHING", True, ())),
        ("куртка военная", Match("CLOTHING_MILITARY", True, ())),
        ("крестик", Match("RELIGIOUS", True, ())),
        ("крестик золотой", Match("MONEY", True, ())),
        ("чай «Золотой дракон»", Match("FOOD_TEA_COFFEE", True, ())),
    ],
)
def test_packing_and_make_change_the_category(description: str, expected: Match) -> None:
    assert categorise(description) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("лосьон на спирту", Match("ALCOHOL", True, ())),
        ("дезодорант без спирта", Match("HYGIENE", True, ())),
        ("крем не содержит спирта", Match("HYGIENE", True, ())),
        ("alcohol-free wipes", Match("HYGIENE", True, ())),
        ("одеколон без спирта", Match("ALCOHOL", False, ())),
        ("водка без сахара", Match("ALCOHOL", True, ())),
        ("чай и не только нож", Match("SHARP", True, ("FOOD_TEA_COFFEE",))),
        ("чай №5 нож", Match("SHARP", True, ("FOOD_TEA_COFFEE",))),
        ("не водка, а коньяк", Match("ALCOHOL", False, ())),
    ],
)
def test_denial_leaves_out_only_what_it_denies(description: str, expected: Match) -> None:
    assert categorise(description) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("печенье с изюмом и орехами", Match("FOOD_DRY", True, ())),
        ("чай с лимоном", Match("FOOD_TEA_COFFEE", True, ())),
        ("мыло персик", Match("HYGIENE", True, ())),
        ("lemon tea", Match("FOOD_TEA_COFFEE", True, ())),
        ("печенье с ромом", Match("ALCOHOL", False, ("FOOD_DRY",))),
        ("чехол для телефона", Match("ELECTRONICS", True, ())),
        ("сигареты с зажигалкой", Match("LIGHTER", True, ("TOBACCO",))),
        ("держатель для носков", Match("UNDERWEAR", False, ())),
        ("приспособление чая", Match("FOOD_TEA_COFFEE", False, ())),
        ("зубная щётка и паста", Match("HYGIENE", True, ())),
    ],
)
def test_preposition_tells_the_thing_from_what_goes_with_it(description: str, expected: Match) -> None:
    assert categorise(description) == expected


@pytest.mark.parametrize(
    "description",
    [
        "носки",
        "НОСКИ!!!",
        "Носков 5 пар",
        "noski",
        "HOCKИ",
        "но\u00adски",
        "носки́",
        "но\u200bски",
        "  носки \n",
        "ＮＯＳＫＩ",
    ],
)
def test_writing_does_not_matter(description: str) -> None:
    assert categorise(description) == Match("UNDERWEAR", True, ())


@pytest.mark.parametrize("description", ["н0ж", "н о ж", "н.о.ж.", "нoж", "НOЖ", "nozh", "ніж", "ножичком"])
def test_disguised_knife_is_a_knife(description: str) -> None:
    assert categorise(description) == Match("SHARP", True, ())


@pytest.mark.parametrize(
    ("description", "category"),
    [
        ("шакалад", "FOOD_SWEETS"),
        ("пичение", "FOOD_DRY"),
        ("телифон", "ELECTRONICS"),
        ("сигорети", "TOBACCO"),
    ],
)
def test_misspelling_is_recognised_but_not_exact(description: str, category: str) -> None:
    assert categorise(description) == Match(category, exact=False, others=())


def test_two_languages_false_friends_are_kept_apart() -> None:
    found = [
        categorise(word).category
        for word in ("сірники", "печень", "печенье", "сірі шкарпетки", "лимонный чай")
    ]

    assert found == ["MATCHES", "FOOD_NEEDS_COOKING", "FOOD_DRY", "UNDERWEAR", "FOOD_TEA_COFFEE"]


def test_every_category_has_its_terms_in_every_language() -> None:
    for language in ("ru", "uk", "en"):
        with (TERMS / f"{language}.csv").open(encoding="utf-8", newline="") as file:
            named = {row["category"] for row in csv.DictReader(file) if row["category"].isupper()}

        assert named == {*RULES, UNKNOWN}


def test_words_of_two_categories_wait_for_a_person() -> None:
    torn = [key for key in ("сирник", "шашк", "=гранат") if not lexicon().words[key].sure]

    assert torn == ["сирник", "шашк", "=гранат"]


def test_long_text_is_read_in_time() -> None:
    assert categorise("чай, " * 20_000).category == "FOOD_TEA_COFFEE"


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("Чай 100 г", "ЧАЙ 250 Г"),
        ("soap, 2 bars", "Soap, 12 bars"),
        ("Рисунок Ани, 7 лет", "рисунок ани, 11 лет"),
    ],
)
def test_numbers_and_capitals_say_nothing_of_a_thing(written: str, same: str) -> None:
    assert categorise(written) == categorise(same)


def test_zero_within_a_word_is_the_letter_all_the_same() -> None:
    assert categorise("к0ньяк") == categorise("коньяк")
