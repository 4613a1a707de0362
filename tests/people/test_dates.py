"""Dates as precise as they are known."""

from datetime import date

import pytest

from people.dates import Comparison, NotADate, checked, compare, in_words, parse, parse_one

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("1990", date(1990, 1, 1), date(1990, 12, 31), "year"),
        ("1990-02", date(1990, 2, 1), date(1990, 2, 28), "month"),
        ("2000-02-29", date(2000, 2, 29), date(2000, 2, 29), "day"),
        ("1990/1992", date(1990, 1, 1), date(1992, 12, 31), "range"),
        ("1990-04/1990-06", date(1990, 4, 1), date(1990, 6, 30), "range"),
        ("1990-04-05/1991", date(1990, 4, 5), date(1991, 12, 31), "range"),
        ("XXXX", date.min, date.max, "unknown"),
    ],
)
def test_date_has_bounds_and_precision(text: str, first: date, last: date, precision: str) -> None:
    assert parse(text) == (first, last, precision)


@pytest.mark.parametrize(
    "text",
    [
        "", "90", "1990-4", "1990-13", "1990-02-30", "1899", "1990-04-05T00:00", "05.04.1990", "1990-",
        "1992/1990", "1990-06/1990-04", "1990/1991/1992", "1990/", "/1990", "XXXX/1990", "199X", "١٩٩٠",
        "1990-04-05\n", "1990/1990-04",
    ],
)  # fmt: skip
def test_what_names_no_date_is_refused(text: str) -> None:
    with pytest.raises(NotADate):
        parse(text)


def test_one_date_is_neither_a_range_nor_unknown() -> None:
    assert parse_one("1990-04") == parse("1990-04")
    for text in ("1990/1992", "XXXX", "1990-13"):
        with pytest.raises(NotADate):
            parse_one(text)


def test_date_is_kept_as_it_is_written_in_edtf() -> None:
    assert [checked(text, TODAY) for text in (" 1990 ", "xxxx", "2026-11-20", "2020/2030")] == [
        "1990", "XXXX", "2026-11-20", "2020/2030",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["2026-11-21", "2027", "2026-12", "2027/2028"])
def test_day_that_has_not_come_is_refused(text: str) -> None:
    with pytest.raises(NotADate):
        checked(text, TODAY)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1990-04-05", "1990-04-05", Comparison.SAME),
        ("1990", "1990", Comparison.SAME),
        ("1990-04-05", "1990-05-04", Comparison.SWAPPED),
        ("1990-04-05", "1990", Comparison.OVERLAPS),
        ("1990-04-05", "1990-04", Comparison.OVERLAPS),
        ("1990", "1989/1991", Comparison.OVERLAPS),
        ("1990-04-05", "XXXX", Comparison.OVERLAPS),
        ("XXXX", "XXXX", Comparison.OVERLAPS),
        ("1990-04-05", "1990-04-06", Comparison.CONTRADICTS),
        ("1990-04-05", "1991-05-04", Comparison.CONTRADICTS),
        ("1990-04", "1990-05", Comparison.CONTRADICTS),
        ("1990/1992", "1993", Comparison.CONTRADICTS),
        ("1990-04-15", "1990-05-14", Comparison.CONTRADICTS),
    ],
)
def test_two_dates_compare(a: str, b: str, expected: Comparison) -> None:
    assert (compare(a, b), compare(b, a)) == (expected, expected)


def test_date_is_read_in_words() -> None:
    texts = ["1990-04-05", "1990-04", "1990", "1990-04/1991", "XXXX", "about 1990"]
    assert [in_words(text) for text in texts] == [
        "5 April 1990", "April 1990", "1990", "April 1990 to 1991", "not known", "about 1990",
    ]  # fmt: skip
