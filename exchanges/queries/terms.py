"""Versions of terms, and what each changed."""

from __future__ import annotations

from exchanges.differences import DEADLINES, LIMITS, Difference, Rule, Stay, Version, differences
from exchanges.models import ContentRule, Terms


def changes(terms: Terms) -> tuple[Terms | None, list[Difference]]:
    """Return the version before it, and what `terms` says otherwise; nothing where there was none."""
    before = version_before(terms)
    return before, differences(version(before), version(terms)) if before else []


def version_before(terms: Terms) -> Terms | None:
    """Return the newest before it that came into force, of a first one that of the agreement it succeeds."""
    in_force = Terms.objects.filter(in_force_at__isnull=False).order_by("-version")
    return (
        in_force.filter(agreement=terms.agreement_id, version__lt=terms.version).first()
        or in_force.filter(agreement__successors=terms.agreement_id).first()
    )


def version(terms: Terms) -> Version:
    return Version(
        {name: getattr(terms, name) for name in LIMITS},
        {name: getattr(terms, name) for name in DEADLINES},
        {
            stay.status: Stay(stay.usual_low_days, stay.usual_high_days, stay.longest_days)
            for stay in sorted(terms.stays.all(), key=lambda stay: stay.pk)
        },
        {rule.category: _rule(rule) for rule in sorted(terms.rules.all(), key=lambda rule: rule.category)},
    )


def _rule(rule: ContentRule) -> Rule:
    texts = (
        rule.name_ru, rule.name_uk, rule.internal_reason, rule.family_reason_en, rule.family_reason_ru,
        rule.family_reason_uk,
    )  # fmt: skip
    return Rule(
        rule.name_en, rule.verdict, rule.max_count, rule.max_mass_g, rule.reason_code, rule.basis, texts
    )
