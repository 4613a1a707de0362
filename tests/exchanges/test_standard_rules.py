from collections import Counter
from dataclasses import astuple

from exchanges import standard_rules

RULES = {rule.category: rule for rule in standard_rules.load()}


def test_load_gives_every_category_once() -> None:
    assert len(standard_rules.load()) == len(RULES) == 34


def test_load_gives_the_standard_verdicts() -> None:
    verdicts = Counter(rule.verdict for rule in RULES.values())

    assert verdicts == {"allow": 7, "limit": 4, "redirect": 2, "review": 7, "prohibit": 14}


def test_limits_stand_where_the_verdict_is_limit_and_only_there() -> None:
    limited = {
        name: (rule.max_count, rule.max_mass_g) for name, rule in RULES.items() if rule.verdict == "limit"
    }

    assert limited == {
        "FOOD_SEASONAL": (None, 500),
        "TOBACCO": (10, None),
        "CLOTHING": (6, None),
        "UNDERWEAR": (8, None),
    }
    assert not [
        rule for rule in RULES.values() if rule.verdict != "limit" and (rule.max_count or rule.max_mass_g)
    ]


def test_conventions_channels_are_redirects() -> None:
    redirected = {
        name: (rule.reason_code, rule.basis) for name, rule in RULES.items() if rule.verdict == "redirect"
    }

    assert redirected == {
        "MEDICINE": ("MEDICAL_CHANNEL", "GC III"),
        "LEGAL_DOCUMENT": ("ART77_CHANNEL", "GC III"),
    }


def test_every_rule_is_told_in_every_language() -> None:
    for rule in RULES.values():
        texts = [text for text in astuple(rule)[6:] if isinstance(text, str)]

        assert (len(texts), min(map(len, texts)) > 0) == (7, True), rule.category


def test_families_texts_fit_their_columns() -> None:
    for rule in RULES.values():
        assert max(len(rule.name_ru), len(rule.name_uk), len(rule.name_en)) <= 120
        assert max(map(len, (rule.family_reason_ru, rule.family_reason_uk, rule.family_reason_en))) <= 400
