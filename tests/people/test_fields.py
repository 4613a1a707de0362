import re
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.serializers import ValidationError

from people.fields import PLAIN, BornOn, Moment, Strict, Text, Whole, moment_of


class Form(Strict):
    name = Text(max_length=5)
    count = Whole(min_value=1, max_value=9, required=False)


def errors(data: object) -> Any:
    with pytest.raises(ValidationError) as refused:
        Form().run_validation(data)
    return refused.value.detail


@pytest.mark.parametrize("value", [5, True, None, [], {}, " ", "toolong"])
def test_text_takes_texts_only(value: object) -> None:
    assert list(errors({"name": value})) == ["name"]


def test_described_form_of_a_text_has_no_nul() -> None:
    assert [bool(re.search(PLAIN, text)) for text in ("a", " a b ", "", "  ", "\0", "a\0", " \0 ")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["5", True, 5.5, None, 0, float("inf"), 1e300, float("nan")])
def test_whole_takes_whole_numbers_only(value: object) -> None:
    assert list(errors({"name": "x", "count": value})) == ["count"]


def test_strict_refuses_fields_nobody_knows() -> None:
    assert sorted(errors({"name": "x", "b": 1, "a": 1})) == ["a", "b"]


def test_strict_takes_what_it_knows() -> None:
    assert Form().run_validation({"name": " x ", "count": 2}) == {"name": "x", "count": 2}


def test_whole_takes_a_whole_number_however_it_is_written() -> None:
    count = Form().run_validation({"name": "x", "count": 2.0})["count"]

    assert (count, type(count)) == (2, int)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22t10:00:00z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.25+02:00", datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-11-22T10:00:00.123456789Z", datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-22T10:00:00", None),
        ("2026-11-22", None),
        ("2026-11-22 10:00:00Z", None),
        ("2026-11-22T10:00Z", None),
        ("2026-11-22T25:00:00Z", None),
        ("2026-11-22T10:00:60Z", None),
        ("0850-12-08T21:31:12Z", datetime(850, 12, 8, 21, 31, 12, tzinfo=UTC)),
        ("9999-12-31T23:59:59-23:59", None),
        ("٢٠٢٦-11-22T10:00:00Z", None),
        ("", None),
    ],
)
def test_moment_of_reads_rfc_3339(text: str, expected: datetime | None) -> None:
    assert moment_of(text) == expected


@pytest.mark.parametrize("value", [5, None, "soon", "1999-12-31T23:59:59Z"])
def test_moment_refuses_what_is_none(value: object) -> None:
    with pytest.raises(ValidationError):
        Moment().run_validation(value)


@pytest.mark.parametrize("text", ["1990", "1990-04", "1990-04-30", "2000-02-29"])
def test_born_on_takes_each_precision(text: str) -> None:
    assert BornOn().run_validation(text) == text


@pytest.mark.parametrize(
    "text", ["90", "1990-4", "1990-00", "1990-04-31", "1899", "2999", "1990-04-05T00:00", "19900405", "199O"]
)
def test_born_on_refuses_what_is_no_date(text: str) -> None:
    with pytest.raises(ValidationError):
        BornOn().run_validation(text)
