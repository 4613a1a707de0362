"""What is told of rounds."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from exchanges.models import Round

ROUND_STATUSES: Final = Round.Status.values


class RoundSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    agreement = serializers.CharField()
    terms_version = serializers.IntegerField()
    sending = serializers.CharField()
    holding = serializers.CharField()
    neutral = serializers.CharField(allow_null=True, help_text="Null where it is not yours to know")
    mirror = serializers.CharField(allow_null=True, help_text="The round in the other direction")
    status = serializers.ChoiceField(choices=ROUND_STATUSES)
    target = serializers.IntegerField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()
    collection_point = serializers.CharField()
    open_to_public = serializers.BooleanField()


def round_of(round_: Round, *, with_neutral: bool) -> dict[str, Any]:
    plain = ("reference", "status", "target", "opens_on", "closes_on", "collection_point", "open_to_public")
    neutral = round_.neutral if with_neutral else None
    return {name: getattr(round_, name) for name in plain} | {
        "agreement": round_.agreement.reference,
        "terms_version": round_.terms.version,
        "sending": round_.sending.code,
        "holding": round_.holding.code,
        "neutral": neutral.code if neutral else None,
        "mirror": round_.mirror.reference if round_.mirror else None,
    }
