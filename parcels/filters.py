"""What lists of parcels can be asked for. Filters ask what the reader sees, never the columns beneath."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import django_filters
from django import forms
from drf_spectacular.utils import extend_schema_field

from parcels.lifecycle import Status
from people.fields import moment_of


class MomentField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        # An offset's plus that was not encoded arrives as a space.
        moment = moment_of(text[:19] + text[19:].replace(" ", "+"))
        if moment is None:
            raise forms.ValidationError("A date-time with its offset (RFC 3339).")
        return moment


@extend_schema_field({"type": "string", "anyOf": [{"format": "date-time"}, {"maxLength": 0}]})
class MomentFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = MomentField


_STATUSES: Final = [status.value for status in Status]


@extend_schema_field({"type": "string", "enum": [*_STATUSES, ""]})
class StatusFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    pass


@extend_schema_field({"type": "string", "maxLength": 20})
class ReferenceFilter(django_filters.CharFilter):  # type: ignore[misc]
    pass


class ParcelFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = StatusFilter(field_name="seen_status", choices=[(status, status) for status in _STATUSES])
    round = ReferenceFilter(field_name="round__reference", max_length=20)
    updated_since = MomentFilter(
        field_name="seen_at", lookup_expr="gte", label="Changed, as far as you see, at this time or later"
    )


class PersonFilter(django_filters.FilterSet):  # type: ignore[misc]
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", label="Told anew, as far as you see, since then"
    )
