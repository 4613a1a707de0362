"""What is told of agreements and their terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rest_framework import serializers

from exchanges.differences import Difference, Rule, Stay, only_texts
from exchanges.models import Agreement, Basis, ContentRule, Terms, Verdict

AGREEMENT_STATUSES: Final = Agreement.Status.values


class RuleReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField(help_text="In the language of Accept-Language: ru, uk or en")


class RuleSerializer(serializers.Serializer[Any]):
    category = serializers.CharField()
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.values)
    max_count = serializers.IntegerField(allow_null=True, help_text="Pieces a parcel")
    max_mass_g = serializers.IntegerField(allow_null=True, help_text="Grams a parcel")
    reason = RuleReasonSerializer()
    basis = serializers.ChoiceField(choices=Basis.values, allow_blank=True)


class TermsSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    in_force_at = serializers.DateTimeField(allow_null=True)
    touches = serializers.ChoiceField(choices=Terms.Touches.values)
    mass_min_g = serializers.IntegerField()
    mass_max_g = serializers.IntegerField()
    quota_per_prisoner = serializers.IntegerField(allow_null=True, help_text="Parcels a round")
    public_delay_days = serializers.IntegerField()
    refused_home_after_days = serializers.IntegerField()
    books_apart = serializers.BooleanField()
    rules = RuleSerializer(many=True)


class ComparedWithSerializer(serializers.Serializer[Any]):
    agreement = serializers.CharField()
    version = serializers.IntegerField()


class DifferenceSerializer(serializers.Serializer[Any]):
    about = serializers.ChoiceField(choices=("limit", "deadline", "stay", "rule"))
    name = serializers.CharField(help_text="The limit or deadline, the status, or the category")
    change = serializers.ChoiceField(choices=("added", "removed", "changed"))
    before = serializers.JSONField(
        allow_null=True, help_text="As in the terms; of a stay usual_days and longest_days"
    )
    after = serializers.JSONField(allow_null=True)


class AgreementRowSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    title = serializers.CharField(help_text="In the language of Accept-Language: ru, uk or en")
    status = serializers.ChoiceField(choices=AGREEMENT_STATUSES)
    signatories = serializers.ListField(child=serializers.CharField())
    signed_on = serializers.DateField(allow_null=True)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    grace_days = serializers.IntegerField()
    ended_on = serializers.DateField(allow_null=True, help_text="Its last day; then the days of grace run")
    succeeds = serializers.CharField(
        allow_null=True, help_text="The agreement whose rounds go on under this one; null where not yours"
    )


class TermsVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Terms.Status.values)
    in_force_at = serializers.DateTimeField()
    touches = serializers.ChoiceField(choices=Terms.Touches.values)
    compared_with = ComparedWithSerializer(
        allow_null=True, help_text="The version before it; of a first one, of the agreement it succeeds"
    )
    differences = DifferenceSerializer(many=True)


class AgreementSerializer(AgreementRowSerializer):
    terms = TermsSerializer(allow_null=True, help_text="Those in force")


def rule_of(rule: ContentRule, language: str) -> dict[str, Any]:
    return {
        "category": rule.category,
        "name": getattr(rule, f"name_{language}"),
        "verdict": rule.verdict,
        "max_count": rule.max_count,
        "max_mass_g": rule.max_mass_g,
        "reason": {"code": rule.reason_code, "text": getattr(rule, f"family_reason_{language}")},
        "basis": rule.basis,
    }


def terms_of(terms: Terms, language: str) -> dict[str, Any]:
    """The share drawn for a second look is told to nobody: who knows it could pack around it."""
    plain = (
        "version", "in_force_at", "touches", "mass_min_g", "mass_max_g", "quota_per_prisoner",
        "public_delay_days", "refused_home_after_days", "books_apart",
    )  # fmt: skip
    rules = sorted(terms.rules.all(), key=lambda rule: rule.category)
    return {name: getattr(terms, name) for name in plain} | {
        "rules": [rule_of(rule, language) for rule in rules]
    }


# Whoever knows the share drawn for a second look could pack around it.
_TOLD_TO_NOBODY: Final = frozenset({"second_look_share"})


def version_of(terms: Terms, before: Terms | None, differences: Sequence[Difference]) -> dict[str, Any]:
    plain = ("version", "status", "in_force_at", "touches")
    against = {"agreement": before.agreement.reference, "version": before.version} if before else None
    return {name: getattr(terms, name) for name in plain} | {
        "compared_with": against,
        "differences": [
            {
                "about": each.about,
                "name": each.name,
                "change": each.change,
                "before": _value(each.before),
                "after": _value(each.after),
            }
            for each in differences
            if each.name not in _TOLD_TO_NOBODY and not only_texts(each)
        ],
    }


def _value(value: object) -> object:
    match value:
        case Rule():
            plain = ("verdict", "max_count", "max_mass_g", "basis")
            return {name: getattr(value, name) for name in plain} | {"reason_code": value.reason_code}
        case Stay():
            return {"usual_days": [value.low, value.high], "longest_days": value.longest}
    return value


def agreement_of(agreement: Agreement, language: str) -> dict[str, Any]:
    """:param agreement: with `succeeds` fetched as far as the reader may see it"""
    plain = ("reference", "status", "signed_on", "valid_from", "valid_until", "grace_days", "ended_on")
    return {name: getattr(agreement, name) for name in plain} | {
        "title": getattr(agreement, f"title_{language}"),
        "succeeds": agreement.succeeds.reference if agreement.succeeds else None,
        "signatories": sorted(organisation.code for organisation in agreement.signatories.all()),
    }
