"""Whether two records are of one human being: the traps first."""

import pytest

from people.names import blocking_keys
from people.resemblance import WORDS, Described, Verdict, compare, speaks_for

IVAN = Described(("Коваленко Іван Сергійович",), ("1985-03-04",))


def told(name: str, *births: str, number: str = "", party: int | None = None) -> Described:
    return Described((name,), births, (number,) if number else (), party)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (told("Kovalenko Ivan Sergeevich", "1985-03-04"), "same"),
        (told("Иван Сергеевич КОВАЛЕНКО", "1985-03-04"), "same"),
        (told("Kovalenko Ivan", "1985-03-04"), "same"),  # no patronymic
        (told("Ковалнко Іван Сергійович", "1985-03-04"), "same"),  # a slip, and all else agrees
        (told("Коваленко І. С.", "1985-03-04"), "ask"),  # initials
        (told("Коваленко Ваня", "1985-03-04"), "ask"),  # a short form is a hint, never a match
        (told("Коваленко Іван Сергійович", "1985-04-03"), "ask"),  # day and month swapped
        (told("Коваленко Іван Сергійович", "1975-03-04"), "ask"),  # one digit
        (told("Коваленко Іван Сергійович", "1985"), "ask"),
        (told("Коваленко Іван Сергійович"), "ask"),
        (told("Мельник Іван Сергійович", "1985-03-04"), "ask"),  # the surname changed
        (told("Коваленко Іван Петрович", "1985-03-04"), "ask"),  # another father, all else agrees
        (told("Коваленко Іван"), "faint"),  # a name alone
        (told("Коваленко Петро Сергійович", "1985-03-04"), "different"),  # a twin
        (told("Коваленко Сергій Іванович", "1955-03-04"), "different"),  # the father
        (told("Коваленко Іван Сергійович", "1991-06-11"), "different"),  # a namesake
        (told("Ковальчук Іван Сергійович", "1991-06-11"), "different"),
        (told("Коваленко Іванна Сергіївна", "1985-03-04"), "different"),
    ],
)
def test_verdict_is_the_same_both_ways(other: Described, verdict: Verdict) -> None:
    assert compare(IVAN, other).verdict == compare(other, IVAN).verdict == verdict


def test_number_joins_what_a_date_leaves_open_and_parts_nobody_silently() -> None:
    asked = told("Коваленко Іван", "1985", number="АА-123")

    assert compare(asked, told("Kovalenko Ivan", "1985-03-04", number="AA 123")).verdict == "same"
    assert compare(asked, told("Мельник Петро", "1991-06-11", number="AA123")).verdict == "ask"
    contradicted = compare(
        told("Коваленко Іван", "1985-03-04", number="AA1"), told("Коваленко Іван", "1985-03-04", number="BB2")
    )
    assert (contradicted.verdict, "number_differs" in contradicted.reasons) == ("ask", True)


def test_two_sides_are_never_joined_by_themselves() -> None:
    found = compare(told(IVAN.names[0], "1985-03-04", party=1), told(IVAN.names[0], "1985-03-04", party=2))

    assert (found.verdict, found.reasons[-1]) == ("ask", "party_differs")


def test_several_values_on_record_each_count() -> None:
    renamed = Described(("Мельник Іван Сергійович", "Коваленко Іван Сергійович"), ("1990", "1985-03-04"))

    assert compare(IVAN, renamed).verdict == "same"


def test_every_reason_has_words_and_a_side() -> None:
    for code in WORDS:
        assert len(code) <= 24
    assert {code for code in WORDS if speaks_for(code)} == {
        "surname_same", "given_same", "patronymic_same", "born_same_day", "born_agrees", "number_same",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "born"),
    [
        ("Kovalenko Ivan Sergeevich", "1985-03-04"),
        ("Иван Коваленко", "1985-03-04"),
        ("Kowalenko Iwan", "1985"),
        ("Коваленко І. С.", "1985-03-04"),
        ("Коваленко Ваня", "1985-04-03"),
        ("Мельник Іван Сергійович", "1985-03-04"),
        ("Коваленко Іван Сергійович", "1975-03-04"),
        ("Коваленко Іван Сергійович", ""),
    ],
)
def test_records_that_may_be_one_share_a_key(name: str, born: str) -> None:
    assert blocking_keys(IVAN.names, IVAN.births) & blocking_keys([name], [born] if born else [])


def test_common_surname_alone_is_no_key() -> None:
    assert not blocking_keys(IVAN.names, IVAN.births) & blocking_keys(["Коваленко Петро"], ["1991-06-11"])
