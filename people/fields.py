"""Fields that take what JSON says and nothing like it: no number for a text, no text for a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from people import dates

_DATE_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


# No NUL, also not as the one character that is no space: JSON that holds any is refused whole.
PLAIN: Final = r"^[^\x00]*[^\s\x00][^\x00]*$"
# Spaces and control characters are spelled out: of some of them regular expressions of Python say that they
# are spaces, those of JSON schema (ECMA 262) that they are not.
_NO_SPACE: Final = r"[^@\s\x00-\x1f\x7f-\x9f\ufeff]+"
EMAIL: Final = rf"^{_NO_SPACE}@{_NO_SPACE}$"


class Text(serializers.CharField):
    """A text with something in it; spaces around it are dropped."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Code(Text):
    """A reference or a code word, never words about people: these are notes and no part of a movement."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 120} | kwargs)


class Match(serializers.RegexField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        # JSON knows one kind of number: 6000.0 is a whole one.
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data // 1:
            self.fail("invalid")
        return int(data)


class Moment(serializers.DateTimeField):
    """A date-time with its offset (RFC 3339)."""

    default_error_messages: ClassVar = {"invalid": "A date-time with its offset (RFC 3339), since 2000."}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        moment = moment_of(value)
        if moment is None or moment < _EARLIEST:
            self.fail("invalid")
        return moment


def moment_of(text: str) -> datetime | None:
    """Return the moment that `text` (RFC 3339) names, in UTC; None if it names none."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@extend_schema_field(
    {"type": "string", "pattern": dates.PATTERN_OF_ONE, "examples": ["1990", "1990-04", "1990-04-05"]}
)
class BornOn(Text):
    """A date as precise as it is known: YYYY, YYYY-MM or YYYY-MM-DD (EDTF level 0)."""

    default_error_messages: ClassVar = {"date": "YYYY, YYYY-MM or YYYY-MM-DD, since 1900, not in the future."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            born = dates.parse_one(text)
        except dates.NotADate:
            self.fail("date")
        if born.first > datetime.now(UTC).date():
            self.fail("date")
        return text


# No docstring: it would be told to partners as the description of every form.
class Strict(serializers.Serializer[Any]):
    # An object with these fields and no others: a field nobody knows is a mistake, not a detail.
    default_error_messages: ClassVar = {"unknown": "There is no such field."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError({name: [self.error_messages["unknown"]] for name in unknown})
        return super().to_internal_value(data)
