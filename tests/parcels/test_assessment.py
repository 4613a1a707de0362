import pytest

from exchanges.models import ContentRule
from parcels import reasons
from parcels.assessment import assess, categories, explain
from parcels.declarations import DeclaredLine
from tests.factories import world


def line(text: str, quantity: int = 1, category: str | None = None) -> DeclaredLine:
    return DeclaredLine(text, quantity, 100, category)


def test_categories_are_read_from_the_words() -> None:
    assert categories(line("soap")) == ("HYGIENE", [], True)


def test_category_that_agrees_with_the_words_stays_certain() -> None:
    assert categories(line("soap", category="HYGIENE")) == ("HYGIENE", [], True)


def test_category_that_the_words_deny_is_a_claim() -> None:
    category, also, exact = categories(line("водка", category="HYGIENE"))

    assert (category, also[0], exact) == ("HYGIENE", "ALCOHOL", False)


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_explain_gives_the_rules_own_text(language: str) -> None:
    rule = ContentRule(family_reason_ru="ru text", family_reason_uk="uk text", family_reason_en="en text")

    assert explain(rule, "SOME_RULE", language) == ("SOME_RULE", f"{language} text")


def test_explain_gives_the_codes_text_where_it_is_no_rules() -> None:
    rule = ContentRule(family_reason_en="of the rule")

    assert explain(rule, "NOT_CLEAR", "en") == ("NOT_CLEAR", reasons.text("NOT_CLEAR", "en"))
    assert explain(None, "NO_SUCH_CODE", "en") == ("NO_SUCH_CODE", "")


@pytest.mark.parametrize("code", ["OVER_QUOTA", "SECOND_LOOK"])
def test_explain_never_names_what_is_internal(code: str) -> None:
    assert explain(None, code, "en") == ("BEING_CHECKED", reasons.text("BEING_CHECKED", "en"))


@pytest.mark.django_db
def test_assess_says_the_strictest_and_why() -> None:
    found = assess([line("soap"), line("водка")], world().terms, mass_g=12_000, language="en")

    assert found.verdict == "prohibit"
    assert [(each.line, each.code) for each in found.findings] == [(2, "ALCOHOL"), (None, "OVER_MASS")]


@pytest.mark.django_db
def test_assess_counts_by_the_terms_limits() -> None:
    terms = world().terms

    within = assess([line("куртка", 2)], terms, mass_g=None, language="en")
    over = assess([line("куртка", 7)], terms, mass_g=None, language="en")

    assert (within.verdict, over.verdict) == ("limit", "prohibit")
