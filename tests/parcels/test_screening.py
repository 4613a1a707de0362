import hmac
from typing import Any

import pytest

from parcels import reasons
from parcels.screening import (
    VERDICTS,
    Finding,
    Item,
    Rule,
    Screening,
    Terms,
    move_for,
    screen,
    second_look,
    strictest,
)

RULES = {
    rule.category: rule
    for rule in (
        Rule(1, "FOOD_TEA_COFFEE", "allow", None, None, "OK"),
        Rule(2, "TOBACCO", "limit", 10, None, "QUANTITY"),
        Rule(3, "FOOD_SEASONAL", "limit", None, 500, "SEASONAL_LIMIT"),
        Rule(4, "MEDICINE", "redirect", None, None, "MEDICAL_CHANNEL"),
        Rule(5, "PRINTED", "review", None, None, "SEPARATE_CONSIGNMENT"),
        Rule(6, "SHARP", "prohibit", None, None, "SHARP"),
        Rule(7, "CLOTHING", "limit", 6, None, "SEASON_AND_SETS"),
        Rule(8, "HYGIENE", "allow", None, None, "OK"),
    )
}
TERMS = Terms(RULES, mass_min_g=5_000, mass_max_g=10_000, quota=2, books_apart=True)
CLEAR = Screening("allow", ())


def item(line: int, *categories: str, **fields: Any) -> Item:
    return Item(line, categories, **{"exact": True, "quantity": 1, "unit_mass_g": 100} | fields)


def screened(*items: Item, terms: Terms = TERMS, **facts: Any) -> Screening:
    ordinary = {"gross_mass_g": 7_000, "place_in_quota": 1, "second_look": False}
    return screen(items, terms, **ordinary | facts)


def test_allow_leaves_no_finding() -> None:
    assert screened(item(1, "FOOD_TEA_COFFEE")) == CLEAR


@pytest.mark.parametrize(
    ("category", "verdict", "code", "rule"),
    [
        ("TOBACCO", "limit", "QUANTITY", 2),
        ("MEDICINE", "redirect", "MEDICAL_CHANNEL", 4),
        ("PRINTED", "review", "SEPARATE_CONSIGNMENT", 5),
        ("SHARP", "prohibit", "SHARP", 6),
    ],
)
def test_line_gets_its_rules_verdict(category: str, verdict: str, code: str, rule: int) -> None:
    assert screened(item(1, category)) == Screening(verdict, (Finding(1, category, verdict, code, rule),))


@pytest.mark.parametrize("categories", [("UNKNOWN",), ("GAMES",), ()])
def test_category_without_a_rule_waits_for_a_person(categories: tuple[str, ...]) -> None:
    category = categories[0] if categories else "UNKNOWN"

    assert screened(item(1, *categories)) == Screening(
        "review", (Finding(1, category, "review", "UNKNOWN_CATEGORY", None),)
    )


def test_line_of_several_categories_takes_the_strictest() -> None:
    assert screened(item(1, "FOOD_TEA_COFFEE", "SHARP", "TOBACCO")).findings == (
        Finding(1, "SHARP", "prohibit", "SHARP", 6),
    )


def test_whole_has_the_strictest_verdict_and_findings_in_order_of_lines() -> None:
    found = screened(item(3, "TOBACCO"), item(1, "MEDICINE"), item(2, "FOOD_TEA_COFFEE"), second_look=True)

    assert found == Screening(
        "review",
        (
            Finding(1, "MEDICINE", "redirect", "MEDICAL_CHANNEL", 4),
            Finding(3, "TOBACCO", "limit", "QUANTITY", 2),
            Finding(None, None, "review", "SECOND_LOOK", None),
        ),
    )


@pytest.mark.parametrize(
    ("category", "code"), [("FOOD_TEA_COFFEE", "NOT_CLEAR"), ("TOBACCO", "QUANTITY"), ("SHARP", "SHARP")]
)
def test_inexact_line_is_settled_by_a_person_only(category: str, code: str) -> None:
    found = screened(item(1, category, exact=False))

    assert found == Screening("review", (Finding(1, category, "review", code, RULES[category].id),))


@pytest.mark.parametrize(("quantity", "verdict"), [(9, "limit"), (10, "limit"), (11, "prohibit")])
def test_limit_counts_pieces(quantity: int, verdict: str) -> None:
    assert screened(item(1, "TOBACCO", quantity=quantity)).verdict == verdict


@pytest.mark.parametrize(("quantity", "verdict"), [(2, "limit"), (3, "prohibit")])
def test_limit_weighs_pieces_together(quantity: int, verdict: str) -> None:
    assert screened(item(1, "FOOD_SEASONAL", quantity=quantity, unit_mass_g=250)).verdict == verdict


def test_limit_is_of_the_whole_parcel() -> None:
    found = screened(item(1, "TOBACCO", quantity=6), item(2, "CLOTHING"), item(3, "TOBACCO", quantity=5))

    assert found.findings == (
        Finding(1, "TOBACCO", "prohibit", "QUANTITY", 2),
        Finding(2, "CLOTHING", "limit", "SEASON_AND_SETS", 7),
        Finding(3, "TOBACCO", "prohibit", "QUANTITY", 2),
    )


def test_limit_exceeded_only_with_inexact_lines_waits_for_a_person() -> None:
    found = screened(item(1, "TOBACCO", quantity=6), item(2, "TOBACCO", quantity=5, exact=False))

    assert found.findings == (
        Finding(1, "TOBACCO", "review", "QUANTITY", 2),
        Finding(2, "TOBACCO", "review", "QUANTITY", 2),
    )


@pytest.mark.parametrize("verdict", VERDICTS)
def test_decision_stands_while_its_rule_does(verdict: str) -> None:
    decided = item(1, "SHARP", decided_rule=6, decided_verdict=verdict)
    findings = () if verdict == "allow" else (Finding(1, "SHARP", verdict, "SHARP", 6),)

    assert screened(decided) == Screening(verdict, findings)


def test_decision_ends_with_its_rule() -> None:
    assert screened(item(1, "SHARP", decided_rule=5, decided_verdict="allow")).verdict == "prohibit"


@pytest.mark.parametrize("category", ["FOOD_TEA_COFFEE", "UNKNOWN"])
def test_decision_stands_for_what_was_not_recognised(category: str) -> None:
    rule = RULES[category].id if category in RULES else None

    assert screened(item(1, category, exact=False, decided_rule=rule, decided_verdict="allow")) == CLEAR


@pytest.mark.parametrize("other", ["FOOD_TEA_COFFEE", "CLOTHING"])
def test_books_do_not_go_with_food_or_clothing(other: str) -> None:
    found = screened(item(1, "PRINTED"), item(2, other))

    assert (found.verdict, found.findings[0]) == (
        "prohibit",
        Finding(1, "PRINTED", "prohibit", "BOOKS_APART", 5),
    )


def test_books_by_themselves_follow_their_rule() -> None:
    assert screened(item(1, "PRINTED"), item(2, "HYGIENE")).findings == (
        Finding(1, "PRINTED", "review", "SEPARATE_CONSIGNMENT", 5),
    )


def test_books_follow_their_rule_where_the_terms_do_not_keep_them_apart() -> None:
    together = TERMS._replace(books_apart=False)

    assert screened(item(1, "PRINTED"), item(2, "CLOTHING"), terms=together).verdict == "review"


def test_books_that_may_be_none_wait_for_a_person() -> None:
    book = item(1, "PRINTED", exact=False)

    assert screened(book, item(2, "FOOD_TEA_COFFEE")).findings == (
        Finding(1, "PRINTED", "review", "BOOKS_APART", 5),
    )
    assert (
        screened(book._replace(decided_rule=5, decided_verdict="allow"), item(2, "FOOD_TEA_COFFEE")) == CLEAR
    )


def test_decision_on_a_book_does_not_put_it_beside_food() -> None:
    book = item(1, "PRINTED", decided_rule=5, decided_verdict="allow")

    assert screened(book, item(2, "FOOD_TEA_COFFEE")).verdict == "prohibit"


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        ({"gross_mass_g": 10_001}, "prohibit", "OVER_MASS"),
        ({"gross_mass_g": 4_999}, "review", "UNDER_MASS"),
        ({"place_in_quota": 3}, "review", "OVER_QUOTA"),
        ({"second_look": True}, "review", "SECOND_LOOK"),
    ],
)
def test_parcel_as_a_whole(facts: dict[str, Any], verdict: str, code: str) -> None:
    assert screened(item(1, "HYGIENE"), **facts) == Screening(
        verdict, (Finding(None, None, verdict, code, None),)
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"gross_mass_g": 5_000},
        {"gross_mass_g": 10_000},
        {"gross_mass_g": None},
        {"place_in_quota": 2},
        {"place_in_quota": None},
        {"place_in_quota": 9, "terms": TERMS._replace(quota=None)},
    ],
)
def test_parcel_within_the_terms_is_clear(facts: dict[str, Any]) -> None:
    assert screened(item(1, "HYGIENE"), **facts) == CLEAR


def test_parcel_without_items_waits_for_a_person() -> None:
    assert screened() == Screening("review", (Finding(None, None, "review", "NO_ITEMS", None),))


@pytest.mark.parametrize(
    ("verdict", "move"),
    [
        ("allow", "clear"),
        ("limit", "clear"),
        ("redirect", "hold"),
        ("review", "hold"),
        ("prohibit", "refuse"),
    ],
)
def test_move_for_each_verdict(verdict: str, move: str) -> None:
    assert move_for(Screening(verdict, ())) == move


def test_strictest_of_nothing_is_allow() -> None:
    assert (strictest(()), strictest(("limit", "review", "redirect"))) == ("allow", "review")


def test_second_look_is_a_fraction_of_the_keyed_hash() -> None:
    key, identity = b"the round's key", "NORTH-0001"
    fraction = int.from_bytes(hmac.digest(key, identity.encode(), "sha256")[:8], "big") / 2**64

    assert second_look(key, identity, fraction + 1e-9)
    assert not second_look(key, identity, fraction - 1e-9)


def test_second_look_draws_its_share_and_another_with_another_key() -> None:
    identities = [f"NORTH-{number:04}" for number in range(2_000)]
    drawn = [identity for identity in identities if second_look(b"december", identity, 0.05)]

    assert 60 < len(drawn) < 140
    assert drawn == [identity for identity in identities if second_look(b"december", identity, 0.05)]
    assert drawn != [identity for identity in identities if second_look(b"april", identity, 0.05)]


def test_second_look_at_none_and_at_all() -> None:
    assert not any(second_look(b"key", str(number), 0) for number in range(500))
    assert all(second_look(b"key", str(number), 1) for number in range(500))


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_code_of_the_engine_has_a_text(language: str) -> None:
    codes = {
        "OVER_MASS",
        "UNDER_MASS",
        "OVER_QUOTA",
        "SECOND_LOOK",
        "UNKNOWN_CATEGORY",
        "NOT_CLEAR",
        "BOOKS_APART",
    }

    assert {code for code in (*codes, "NO_ITEMS", "BEING_CHECKED") if reasons.text(code, language)} == set(
        reasons.REASONS
    )


def test_family_reads_neither_quota_nor_second_look() -> None:
    for code in ("OVER_QUOTA", "SECOND_LOOK"):
        assert reasons.public_code(code) == "BEING_CHECKED"
        assert reasons.text(code, "en") == reasons.text("BEING_CHECKED", "en")
    assert reasons.public_code("OVER_MASS") == "OVER_MASS"
