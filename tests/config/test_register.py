"""The register of fields: nothing that is kept is missing from it, and the papers say what it says."""

import pytest
from django.db import connection

from config import register
from config.privileges import TABLES
from config.register import PAPER, Field, faults, kept_here, read, updated, written

NAME = Field("people_fact", "sealed", "parcel_delivery", "secret", "public_interest", "liaison", "senders")
HERE = {"people_fact": ["sealed"]}


def _faults(*fields: Field, here: dict[str, list[str]] | None = None, paper: str = "") -> list[str]:
    assessed = paper or "| names | harm | `people_fact.sealed` |"
    return list(faults(list(fields), here or HERE, assessed))


def test_register_and_papers_have_no_fault() -> None:
    assert list(faults(read(), kept_here(), PAPER.read_text())) == []


@pytest.mark.django_db
def test_register_has_every_column_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            " AND a.attnum > 0 AND NOT a.attisdropped"
        )
        columns = set(cursor.fetchall())
    assert columns - {(field.table, field.name) for field in read()} == set()
    assert {table for table, _ in columns} == set(TABLES)


def test_whole_field_has_no_fault() -> None:
    assert _faults(NAME) == []


def test_field_that_is_missing_is_named() -> None:
    assert _faults(NAME, here={"people_fact": ["sealed", "mood"]}) == [
        "people_fact.mood is not in the register"
    ]


def test_field_that_is_gone_is_named() -> None:
    gone = NAME._replace(name="mood")
    assert _faults(NAME, gone, paper="`people_fact.*`") == ["people_fact.mood is gone"]


@pytest.mark.parametrize("paper", ["nothing", "`people_fact`", "`people_person.*`"])
def test_secret_field_needs_its_line_in_the_assessment(paper: str) -> None:
    (fault,) = _faults(NAME, paper=paper)
    assert fault == "people_fact.sealed is secret, and the impact assessment does not speak of it"


def test_restricted_field_is_covered_by_its_table_and_an_open_one_by_nothing() -> None:
    assert _faults(NAME._replace(class_="restricted"), paper="`people_fact`") == []
    assert _faults(NAME._replace(class_="open"), paper="-") == []


def test_generated_lists_assess_nothing() -> None:
    fields = [NAME]
    lists = "<!-- secret: written by python -m config.register --update -->\n<!-- end of secret -->\n"
    paper = written(lists, fields)
    assert "`people_fact.*`" in paper
    assert [fault for fault in faults(fields, HERE, paper) if "does not speak" in fault] != []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"purpose": "marketing"}, "not in the closed list"),
        ({"class_": "?"}, "none of open, restricted, secret"),
        ({"basis": "because"}, "basis 'because'"),
        ({"seen_by": "friends"}, "are no roles"),
        ({"seen_by": "everybody"}, "not open"),
        ({"kept": "long"}, "no rule of retention"),
    ],
)
def test_field_that_is_not_filled_in_is_named(change: dict[str, str], said: str) -> None:
    (fault,) = _faults(NAME._replace(**change))
    assert said in fault


def test_stale_list_is_a_fault() -> None:
    paper = (
        "`people_fact.sealed`\n<!-- register: written by python -m config.register --update -->\nold\n"
        "<!-- end of register -->"
    )
    (fault,) = _faults(NAME, paper=paper)
    assert "stale" in fault
    assert _faults(NAME, paper=written(paper, [NAME])) == []


def test_update_asks_for_the_class_of_a_new_field() -> None:
    made = updated([NAME], {"people_fact": ["sealed", "mood"]})
    assert made == [NAME, NAME._replace(name="mood", class_=register.TO_FILL_IN)]
