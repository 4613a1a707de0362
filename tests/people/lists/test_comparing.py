"""Two lists beside one another, across scripts."""

from config.bench import two_lists
from people.lists import compared
from people.resemblance import Described


def told(name: str, born: str = "") -> Described:
    return Described((name,), (born,) if born else ())


def groups(ours: list[Described], theirs: list[Described]) -> list[tuple[str, int | None, int | None]]:
    return [(row.group, row.ours, row.theirs) for row in compared(ours, theirs)]


IVAN = told("Коваленко Іван Сергійович", "1985-03-04")


def test_four_groups() -> None:
    ours = [IVAN, told("Мельник Петро Іванович", "1990-01-02"), told("Бондар Олег Ігорович", "1971-05-06")]
    theirs = [
        told("Ткач Борис Антонович", "1966-01-01"),
        told("Melnik Petr Ivanovich", "1990-02-01"),
        told("Kovalenko Ivan", "1985-03-04"),
    ]

    assert groups(ours, theirs) == [
        ("both", 0, 2), ("uncertain", 1, 1), ("only_ours", 2, None), ("only_theirs", None, 0),
    ]  # fmt: skip
    assert "born_swapped" in compared(ours, theirs)[1].reasons


def test_twin_and_namesake_stand_alone() -> None:
    theirs = [
        told("Коваленко Петро Сергійович", "1985-03-04"),
        told("Коваленко Іван Сергійович", "1991-06-11"),
    ]

    assert groups([IVAN], theirs) == [
        ("only_ours", 0, None), ("only_theirs", None, 0), ("only_theirs", None, 1),
    ]  # fmt: skip


def test_who_is_on_a_list_twice_is_uncertain() -> None:
    rows = compared([IVAN], [told("Kovalenko Ivan Sergeevich", "1985-03-04"), IVAN])

    assert [(row.group, row.theirs) for row in rows] == [("uncertain", 0), ("uncertain", 1)]
    assert all("twice" in row.reasons for row in rows)


def test_name_alone_is_a_question_only_where_there_is_no_better() -> None:
    theirs = [told("Kovalenko Ivan"), told("Коваленко Іван Сергійович", "1985-04-03")]

    assert groups([IVAN], theirs)[0] == ("uncertain", 0, 1)
    assert groups([IVAN], theirs[:1]) == [("uncertain", 0, 0)]


def test_empty_lists_compare() -> None:
    assert groups([], []) == []
    assert groups([], [IVAN]) == [("only_theirs", None, 0)]


def test_generated_truth_is_found() -> None:
    """A tenth spelled with a slip, dates swapped, a twentieth truly different: see docs/benchmarks.md."""
    ours, theirs = two_lists.two_lists(400, seed=5)

    score = two_lists.score(ours, theirs, compared([e.told for e in ours], [e.told for e in theirs]))

    assert score.precision >= 0.999
    assert score.recall >= 0.85
    assert score.recall_with_questions >= 0.98
