"""What calls about parcels answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers

from parcels.assessment import Explained
from parcels.lifecycle import FAMILY_WORD, Status
from parcels.models import Line
from parcels.screening import VERDICTS

STATUSES: Final = [status.value for status in Status]
WORDS: Final = list(dict.fromkeys(FAMILY_WORD.values()))


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField(help_text="In the language of Accept-Language: ru, uk or en")


class FindingSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(allow_null=True, help_text="From 1; null: the parcel as a whole")
    category = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = ReasonSerializer()


class PersonSerializer(serializers.Serializer[Any]):
    """As the sending side declared them. Null throughout once they were erased."""

    name = serializers.CharField(allow_null=True)
    born_on = serializers.CharField(allow_null=True)


class SeenSenderSerializer(PersonSerializer):
    phone = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    relationship = serializers.CharField(allow_null=True)


class SeenRecipientSerializer(PersonSerializer):
    service_number = serializers.CharField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    description = serializers.CharField(allow_null=True)
    category = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_mass_g = serializers.IntegerField(allow_null=True)
    removed = serializers.IntegerField(allow_null=True, help_text="Pieces taken out again")
    fate = serializers.ChoiceField(choices=Line.Fate.values, allow_null=True)


class ParcelRowSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    round = serializers.CharField()
    external_id = serializers.CharField(allow_null=True, help_text="The sending organisation's own")
    status = serializers.ChoiceField(choices=STATUSES)
    since_on = serializers.DateField(help_text="Since when it has this status, at the sending office")
    updated_at = serializers.DateTimeField(
        allow_null=True, help_text="Null to one who reads what is published, where times are not told"
    )
    declared_mass_g = serializers.IntegerField(allow_null=True)
    gross_mass_g = serializers.IntegerField(allow_null=True)


class ParcelSerializer(ParcelRowSerializer):
    """A part that is not for the reader's organisation is null."""

    sender = SeenSenderSerializer(allow_null=True)
    recipient = SeenRecipientSerializer(allow_null=True)
    items = LineSerializer(many=True, allow_null=True)
    findings = FindingSerializer(many=True, allow_null=True)
    consignment = serializers.CharField(allow_null=True)
    seal = serializers.CharField(allow_null=True)


class MovementSerializer(serializers.Serializer[Any]):
    """To one who reads what is published, one entry for each word, with its status and date alone."""

    number = serializers.IntegerField(allow_null=True)
    move = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    since_on = serializers.DateField()
    happened_at = serializers.DateTimeField(allow_null=True, help_text="The world's time")
    recorded_at = serializers.DateTimeField(allow_null=True, help_text="Ours")
    organisation = serializers.CharField(allow_null=True, help_text="Whose word it is that was recorded")
    actor = serializers.ChoiceField(choices=["staff", "client", "worker", "family"], allow_null=True)
    external_id = serializers.CharField(allow_null=True, help_text="Your own")
    details = serializers.DictField(allow_null=True)


def findings_of(found: Iterable[Explained]) -> list[dict[str, Any]]:
    return [
        {
            "line": each.line,
            "category": each.category,
            "verdict": each.verdict,
            "reason": {"code": each.code, "text": each.text},
        }
        for each in found
    ]
