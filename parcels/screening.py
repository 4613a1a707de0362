"""Items and terms in, findings and a verdict out. Touches no database; the same input gives the same output.

One engine serves the family's check, the counter, the worker and the partner's API."""

import hmac
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Literal, NamedTuple

VERDICTS = ("allow", "limit", "redirect", "review", "prohibit")
"""Mild to strict; the whole has the last that occurs."""

UNKNOWN = "UNKNOWN"
PRINTED = "PRINTED"

Verdict = str
Move = Literal["clear", "hold", "refuse"]

_STRICTNESS = {verdict: place for place, verdict in enumerate(VERDICTS)}
_FOOD_AND_CLOTHING = ("FOOD_", "CLOTHING", "UNDERWEAR")
_line_number = attrgetter("line")
_MOVES: dict[Verdict, Move] = {
    "allow": "clear",
    "limit": "clear",
    "redirect": "hold",
    "review": "hold",
    "prohibit": "refuse",
}


class Rule(NamedTuple):
    id: int | None
    category: str
    verdict: Verdict
    max_count: int | None
    """Pieces a parcel."""
    max_mass_g: int | None
    """Grams a parcel."""
    reason_code: str


class Terms(NamedTuple):
    rules: Mapping[str, Rule]
    mass_min_g: int
    mass_max_g: int
    quota: int | None
    """Parcels a prisoner and round."""
    books_apart: bool
    """GC III 72(4)."""


class Item(NamedTuple):
    line: int
    categories: tuple[str, ...]
    exact: bool
    """False: recognised by likeness or only in part, so nothing is settled without a person."""
    quantity: int
    unit_mass_g: int
    decided_rule: int | None = None
    decided_verdict: Verdict | None = None
    """A person's decision; it stands while `decided_rule` is still the rule that applies to the line."""


class Finding(NamedTuple):
    line: int | None
    """None: about the whole parcel."""
    category: str | None
    verdict: Verdict
    code: str
    rule: int | None


class Screening(NamedTuple):
    verdict: Verdict
    findings: tuple[Finding, ...]


def screen(
    items: Sequence[Item],
    terms: Terms,
    *,
    gross_mass_g: int | None,
    place_in_quota: int | None,
    second_look: bool,
) -> Screening:
    findings = _lines(items, terms)
    findings += _mass(gross_mass_g, terms)
    if not items:
        findings.append(Finding(None, None, "review", "NO_ITEMS", None))
    if terms.quota is not None and place_in_quota is not None and place_in_quota > terms.quota:
        findings.append(Finding(None, None, "review", "OVER_QUOTA", None))
    if second_look:
        findings.append(Finding(None, None, "review", "SECOND_LOOK", None))
    return Screening(strictest([finding.verdict for finding in findings]), tuple(findings))


def second_look(round_key: bytes, identity: str, share: float) -> bool:
    """Whether a parcel falls in the share drawn for a second look.

    :param identity: its external_id, or its number where there is none
    :param share: 0 for none, 1 for all
    """
    digest = hmac.digest(round_key, identity.encode(), "sha256")
    return int.from_bytes(digest[:8], "big") < share * 2**64


def move_for(screening: Screening) -> Move:
    return _MOVES[screening.verdict]


def strictest(verdicts: Sequence[Verdict]) -> Verdict:
    return max(verdicts, key=_STRICTNESS.__getitem__, default="allow")


def _lines(items: Sequence[Item], terms: Terms) -> list[Finding]:
    over = _over(items, terms.rules)
    apart = _apart(items) if terms.books_apart else None
    found = []
    for item in sorted(items, key=_line_number):
        finding = _line(item, terms.rules, over)
        if apart and PRINTED in item.categories:
            finding = _kept_apart(item, finding, apart)
        if finding.verdict != "allow":
            found.append(finding)
    return found


def _kept_apart(item: Item, finding: Finding, apart: Verdict) -> Finding:
    """A person may settle what was only likely; a book certainly beside food is the sender's to take out."""
    if finding.verdict == "prohibit" or (apart == "review" and item.decided_verdict is not None):
        return finding
    return Finding(item.line, PRINTED, apart, "BOOKS_APART", finding.rule)


def _line(item: Item, rules: Mapping[str, Rule], over: Mapping[str, Verdict]) -> Finding:
    finding = _judge(item, item.categories[0] if item.categories else UNKNOWN, rules, over)
    for category in item.categories[1:]:
        other = _judge(item, category, rules, over)
        if _STRICTNESS[other.verdict] > _STRICTNESS[finding.verdict]:
            finding = other
    if item.decided_verdict is not None and item.decided_rule == finding.rule:
        return finding._replace(verdict=item.decided_verdict)
    if item.exact or finding.verdict == "review":
        return finding
    code = "NOT_CLEAR" if finding.verdict == "allow" else finding.code
    return finding._replace(verdict="review", code=code)


def _judge(item: Item, category: str, rules: Mapping[str, Rule], over: Mapping[str, Verdict]) -> Finding:
    rule = rules.get(category)
    if rule is None:
        return Finding(item.line, category, "review", "UNKNOWN_CATEGORY", None)
    return Finding(item.line, category, over.get(category, rule.verdict), rule.reason_code, rule.id)


def _over(items: Sequence[Item], rules: Mapping[str, Rule]) -> dict[str, Verdict]:
    """The categories over their limit, and what that means: exact lines alone can refuse a parcel."""
    over = _exceeded(items, rules)
    if not over:
        return {}
    certain = _exceeded([item for item in items if item.exact], rules)
    return {category: "prohibit" if category in certain else "review" for category in over}


def _exceeded(items: Sequence[Item], rules: Mapping[str, Rule]) -> set[str]:
    loads: dict[str, tuple[int, int]] = {}
    for item in items:
        for category in item.categories:
            if category in rules and rules[category].verdict == "limit":
                count, mass_g = loads.get(category, (0, 0))
                loads[category] = (count + item.quantity, mass_g + item.quantity * item.unit_mass_g)
    return {category for category, load in loads.items() if _exceeds(load, rules[category])}


def _exceeds(load: tuple[int, int], rule: Rule) -> bool:
    count, mass_g = load
    return (rule.max_count is not None and count > rule.max_count) or (
        rule.max_mass_g is not None and mass_g > rule.max_mass_g
    )


def _apart(items: Sequence[Item]) -> Verdict | None:
    """What GC III 72(4) means for this parcel's books: nothing, unless food or clothing lies beside them."""
    books = [item.exact for item in items if PRINTED in item.categories]
    if not books:
        return None
    others = [
        item.exact for item in items if any(name.startswith(_FOOD_AND_CLOTHING) for name in item.categories)
    ]
    if not others:
        return None
    return "prohibit" if any(books) and any(others) else "review"


def _mass(gross_mass_g: int | None, terms: Terms) -> list[Finding]:
    if gross_mass_g is None:
        return []
    if gross_mass_g > terms.mass_max_g:
        return [Finding(None, None, "prohibit", "OVER_MASS", None)]
    if gross_mass_g < terms.mass_min_g:
        return [Finding(None, None, "review", "UNDER_MASS", None)]
    return []
