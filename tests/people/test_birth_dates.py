"""Two dates of birth, each as precise as it is known."""

from datetime import date

import pytest

from people.birth_dates import Relation, best, known, relation
from people.dates import Known


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("1985-03-04", "1985-03-04", "same_day"),
        ("1985-03-04", "1985-03-05", "same_month"),
        ("1985-03-04", "1985-04-03", "swapped"),
        ("1985-03-04", "1985-07-19", "same_year"),
        ("1985-03-04", "1986-03-04", "one_digit"),
        ("1985-03-04", "1975-03-04", "one_digit"),
        ("1985-03-04", "1958-03-04", "one_digit"),  # neighbours changed places
        ("1985-12-30", "1986-01-02", "near"),
        ("1985-03-04", "1991-06-11", "conflict"),
        ("1985", "1985-03-04", "agrees"),
        ("1985-03", "1985-03-04", "agrees"),
        ("1980/1986", "1985-03-04", "agrees"),
        ("1985", "1985", "agrees"),
        ("1984", "1985-03-04", "near"),
        ("1980", "1985-03-04", "conflict"),
        ("", "1985-03-04", "unknown"),
        ("in spring", "1985-03-04", "unknown"),
        ("1985-02-30", "1985-03-04", "unknown"),
        ("XXXX", "1985-03-04", "unknown"),
        ("XXXX", "XXXX", "unknown"),
    ],
)
def test_relation_says_how_far_they_agree(a: str, b: str, said: Relation) -> None:
    assert relation(a, b) == relation(b, a) == said


def test_what_is_known_is_the_days_a_value_may_mean() -> None:
    assert known("2000-02") == Known(date(2000, 2, 1), date(2000, 2, 29), "month")
    assert known("1985~") == known("1985?") == known("1985")
    assert known("1985~/1990~") == Known(date(1985, 1, 1), date(1990, 12, 31), "range")
    assert (known("1985/1980"), known("XXXX"), known("")) == (None, None, None)


def test_of_several_values_the_best_decides() -> None:
    assert best(("1991-06-11", "1985-03-04"), ("1985-04-03",)) == "swapped"
    assert best((), ("1985-04-03",)) == "unknown"
