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
    postponed_until = serializers.DateField(
        allow_null=True, help_text="The day on which a postponed round is to go on"
    )
    target = serializers.IntegerField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()
    collection_point = serializers.CharField()
    open_to_public = serializers.BooleanField()


def round_of(round_: Round, *, with_neutral: bool) -> dict[str, Any]:
    plain = (
        "reference", "status", "postponed_until", "target", "opens_on", "closes_on", "collection_point",
        "open_to_public",
    )  # fmt: skip
    neutral = round_.neutral if with_neutral else None
    # Either of the two may name the other.
    mirror = round_.mirror or getattr(round_, "mirrored_by", None)
    return {name: getattr(round_, name) for name in plain} | {
        "agreement": round_.agreement.reference,
        "terms_version": round_.terms.version,
        "sending": round_.sending.code,
        "holding": round_.holding.code,
        "neutral": neutral.code if neutral else None,
        "mirror": mirror.reference if mirror else None,
    }
