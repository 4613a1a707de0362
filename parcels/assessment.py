"""What the terms say of things somebody means to send, to the family and to staff. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exchanges import models
from parcels import catalogue, reasons, screening
from parcels.declarations import DeclaredLine


class Explained(NamedTuple):
    """A finding and why; `line` counts from 1, None for the parcel as a whole."""

    line: int | None
    category: str | None
    verdict: str
    code: str
    text: str


class Assessment(NamedTuple):
    verdict: str
    findings: Sequence[Explained]


class Judged(NamedTuple):
    """A finding and its rule, None where the finding is no rule's."""

    finding: screening.Finding
    rule: models.ContentRule | None


def assess(
    lines: Sequence[DeclaredLine], terms: models.Terms, *, mass_g: int | None, language: str
) -> Assessment:
    """Judge `lines` by the terms alone, in the words of the family."""
    items = [item_of(line, number) for number, line in enumerate(lines, 1)]
    judged = judge(items, terms, mass_g=mass_g)
    return Assessment(
        screening.strictest([finding.verdict for finding, _ in judged]),
        [
            Explained(finding.line, finding.category, finding.verdict, *explain(rule, finding.code, language))
            for finding, rule in judged
        ],
    )


def judge(items: Sequence[screening.Item], terms: models.Terms, *, mass_g: int | None) -> list[Judged]:
    """Judge `items` by the terms alone: nothing here depends on the addressee, a quota or a draw."""
    rules = {rule.category: rule for rule in terms.rules.all()}
    found = screening.screen(
        items, _terms(terms, rules), gross_mass_g=mass_g, place_in_quota=None, second_look=False
    )
    by_id = {rule.pk: rule for rule in rules.values()}
    return [Judged(each, by_id.get(each.rule or 0)) for each in found.findings]


def explain(rule: models.ContentRule | None, code: str, language: str) -> tuple[str, str]:
    """Return the code and the text a family may read for it."""
    if rule is not None and code not in reasons.REASONS:
        return code, getattr(rule, f"family_reason_{language}")
    code = reasons.public_code(code)
    return code, reasons.text(code, language) if code in reasons.REASONS else ""


def explain_to_staff(rule: models.ContentRule | None, code: str) -> str:
    """Return why, as those who work here read it."""
    text = rule.internal_reason or rule.family_reason_en if rule else ""
    return reasons.REASONS[code].internal if not text and code in reasons.REASONS else text


def item_of(line: DeclaredLine, number: int) -> screening.Item:
    category, also, exact = categories(line)
    return screening.Item(number, (category, *also), exact, line.quantity, line.unit_mass_g or 0)


def categories(line: DeclaredLine) -> tuple[str, list[str], bool]:
    """Return the category, others that may apply, and whether that is certain.

    A declarer's own category is a claim: what the catalogue reads in the words counts beside it.
    """
    match = catalogue.categorise(line.description)
    if line.category is None or line.category == match.category:
        return match.category, list(match.others), match.exact
    return line.category, [match.category, *match.others], False


def _terms(terms: models.Terms, rules: Mapping[str, models.ContentRule]) -> screening.Terms:
    return screening.Terms(
        {
            category: screening.Rule(
                rule.pk, category, rule.verdict, rule.max_count, rule.max_mass_g, rule.reason_code
            )
            for category, rule in rules.items()
        },
        terms.mass_min_g,
        terms.mass_max_g,
        terms.quota_per_prisoner,
        terms.books_apart,
    )
