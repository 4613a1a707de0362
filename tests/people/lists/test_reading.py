"""A list as a file."""

from pathlib import Path

import pytest

from people.lists import Entry, Faulty, read_entries
from people.lists.reading import read_date


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_known_by_their_usual_names(tmp_path: Path) -> None:
    path = written(
        tmp_path, "ПІБ;Дата народження;Особистий номер;примітка\nКоваленко Іван;04.03.1985;АА-1;x\n;;;\n"
    )

    assert read_entries(path) == [Entry(2, "Коваленко Іван", "1985-03-04", "АА-1")]


def test_parts_of_a_name_are_put_together(tmp_path: Path) -> None:
    path = written(tmp_path, "Surname,Given name,Patronymic,Born\nKovalenko,Ivan,,in spring\n")

    assert read_entries(path) == [Entry(2, "Kovalenko, Ivan", "", "", "in spring")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rank,unit\nx,y\n", "The first row must head the columns"),
        ("name\n", "a header and no rows"),
        ("name,full name\na,b\n", "Two columns are headed as name"),
        ("name,born\nIvan,1985\n,1986\n", "row 3: no name"),
        ("", "The file is empty"),
    ],
)
def test_faulty_file_says_what_to_put_right_and_quotes_nothing(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(Faulty) as refused:
        read_entries(written(tmp_path, text))

    assert why in str(refused.value)
    assert "Ivan" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("04.03.1985", "1985-03-04"), ("4/3/1985", "1985-03-04"), ("1985-03-04", "1985-03-04"),
        ("03.1985", "1985-03"), ("1985", "1985"), ("04.03.1985 р.", "1985-03-04"),
        ("31.02.1985", None), ("1885", None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(said: str, read: str | None) -> None:
    assert read_date(said) == read
