"""What is told of visits: no names, no place, no staff."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from exchanges.models import Visit

VISIT_STATUSES: Final = Visit.Status.values


class VisitSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    agreement = serializers.CharField()
    kind = serializers.ChoiceField(choices=Visit.Kind.values)
    visited_by = serializers.CharField()
    host = serializers.CharField()
    status = serializers.ChoiceField(choices=VISIT_STATUSES)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    prisoners_seen = serializers.IntegerField(allow_null=True, help_text="Null until it is reported")
    letters_given = serializers.IntegerField(allow_null=True, help_text="Null where nobody has told")
    letters_received = serializers.IntegerField(allow_null=True, help_text="Null where nobody has told")


def visit_of(visit: Any) -> dict[str, Any]:
    """:param visit: one of `exchanges.queries.counted`"""
    plain = (
        "reference", "kind", "status", "starts_at", "ends_at", "prisoners_seen", "letters_given",
        "letters_received",
    )  # fmt: skip
    return {name: getattr(visit, name) for name in plain} | {
        "agreement": visit.agreement.reference,
        "visited_by": visit.visited_by.code,
        "host": visit.host.code,
    }
