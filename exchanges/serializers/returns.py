"""What is told of returns: never where somebody is, and nothing of their wishes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers

from exchanges.models import Count, Return, ReturnPerson

RETURN_STATUSES: Final = Return.Status.values
COUNT_SCOPES: Final = Count.Scope.values
_NOT_YOURS: Final = "Null where it is not told, or not yours to know"


class CountSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    scope = serializers.ChoiceField(choices=COUNT_SCOPES)
    stated_by = serializers.CharField(allow_null=True, help_text=_NOT_YOURS)
    source = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="From whom it was heard, if from another"
    )
    said_on = serializers.DateField()
    published_on = serializers.DateField(allow_null=True)
    document = serializers.CharField(allow_blank=True)


class ReturnRowSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=RETURN_STATUSES)
    from_organisation = serializers.CharField(help_text="Office of the side where they are")
    to_organisation = serializers.CharField(help_text="Office of the side they return to")
    intermediary = serializers.CharField(allow_null=True, help_text=_NOT_YOURS)
    responsible = serializers.CharField(allow_null=True, help_text=_NOT_YOURS)
    agreement = serializers.CharField(allow_null=True, help_text="Under which it counts")
    requested_on = serializers.DateField()
    planned_on = serializers.DateField(allow_null=True)
    persons_named = serializers.IntegerField(
        help_text="Named on it and not staying behind; not what a side counts"
    )
    counts = CountSerializer(
        many=True, help_text="Each as its source stated it; they overlap, do not add them"
    )


class NamedSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    name = serializers.CharField(allow_null=True, help_text="Null once the person was erased")


class ReturnSerializer(ReturnRowSerializer):
    persons = NamedSerializer(many=True, allow_null=True, help_text="Null without the scope people:read")


def return_of(group: Return, *, with_helper: bool) -> dict[str, Any]:
    """Return what is told; `group.persons_named` was counted with it, its counts were read with it."""

    def told(code: str | None, pk: int | None) -> str | None:
        return None if pk == group.intermediary_id and not with_helper else code

    plain = ("reference", "status", "requested_on", "planned_on", "persons_named")
    intermediary, responsible = group.intermediary, group.responsible
    return {name: getattr(group, name) for name in plain} | {
        "from_organisation": group.from_organisation.code,
        "to_organisation": group.to_organisation.code,
        "intermediary": told(intermediary.code, intermediary.pk) if intermediary else None,
        "responsible": told(responsible.code, responsible.pk) if responsible else None,
        "agreement": group.agreement.reference if group.agreement else None,
        "counts": [
            _count(count, told(count.stated_by.code, count.stated_by_id) if count.stated_by else None)
            for count in sorted(group.counts.all(), key=lambda count: (count.said_on, count.pk))
        ],
    }


def _count(count: Count, stated_by: str | None) -> dict[str, Any]:
    plain = ("number", "scope", "source", "said_on", "published_on", "document")
    return {name: getattr(count, name) for name in plain} | {"stated_by": stated_by}


def persons_of(members: Iterable[ReturnPerson], names: dict[int, str]) -> list[dict[str, Any]]:
    return [{"reference": member.person.reference, "name": names.get(member.person_id)} for member in members]
