from datetime import UTC, datetime

import pytest

from parcels.manifest import checks, columns
from parcels.manifest.checks import Checked
from people.tables import Row
from tests.parcels.manifests import row

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def check(**cells: object) -> Checked:
    told = {name: str(value) for name, value in row(**cells).items()}  # type: ignore[arg-type]
    layout = columns.read(list(told))
    (found,) = checks.parcels([Row(2, list(told.values()))], layout, now=NOW)
    return found


def faults(**cells: object) -> list[str]:
    found = check(**cells)
    assert (found.declaration is None) == bool(found.faults)
    return [fault for each in found.faults.values() for fault in each]


GRAMS = "not a whole number of grams from 1 to 100000"
PIECES = "not a whole number from 1 to 1000"
DATE = "not a date from 1900 on: YYYY, YYYY-MM or YYYY-MM-DD"
TIME = "not a time with its offset from UTC, like 2026-11-19T10:42:00+02:00"
SHAPE = "not up to 100 letters, digits and . / : # - _, a letter or digit first"
BOTH = "gross_mass_g and accepted_at are given together or not at all"


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("external_id", "", "required"),
        ("external_id", "x" * 101, SHAPE),
        ("external_id", "=1+1", SHAPE),
        ("external_id", "@x", SHAPE),
        ("sender_name", "", "required"),
        ("sender_name", "О", "shorter than 2 characters"),
        ("sender_name", "О" * 201, "longer than 200 characters"),
        ("sender_name", "Olha \x07", "has characters that cannot be seen"),
        ("prisoner_name", "Pavlo \u202e", "has characters that cannot be seen"),
        ("prisoner_name", " ", "required"),
        ("sender_phone", "call me", "not a telephone number"),
        ("sender_phone", "+12", "not a telephone number"),
        ("sender_phone", "+" + "1" * 18, "not a telephone number"),
        ("sender_email", "olha", "not an e-mail address"),
        ("sender_email", "a b@example.org", "not an e-mail address"),
        ("sender_email", "a@b", "not an e-mail address"),
        ("contact_by", "pigeon", "not one of phone, email, post, organisation, none"),
        ("relationship", "x" * 101, "longer than 100 characters"),
        ("prisoner_birth_date", "05.04.1990", DATE),
        ("prisoner_birth_date", "1990-02-30", DATE),
        ("prisoner_birth_date", "1990-00", DATE),
        ("prisoner_birth_date", "1899-12-31", DATE),
        ("prisoner_birth_date", "2026-11-21", "in the future"),
        ("prisoner_birth_date", "2026-12", "in the future"),
        ("prisoner_birth_date", "2027", "in the future"),
        ("prisoner_service_number", "x" * 61, "longer than 60 characters"),
        ("declared_mass_g", "0", GRAMS),
        ("declared_mass_g", "6.1", GRAMS),
        ("declared_mass_g", "-5", GRAMS),
        ("declared_mass_g", "100001", GRAMS),
        ("declared_mass_g", "٦٠٠٠", GRAMS),
        ("item_1_description", "", "required"),
        ("item_1_description", "x" * 301, "longer than 300 characters"),
        ("item_1_quantity", "", "required"),
        ("item_1_quantity", "0", PIECES),
        ("item_1_quantity", "1001", PIECES),
        ("item_1_unit_mass_g", "", "required"),
        ("item_1_unit_mass_g", "much", GRAMS),
        ("accepted_place", "x" * 121, "longer than 120 characters"),
    ],
)
def test_fault_names_its_column(column: str, value: str, fault: str) -> None:
    assert faults(**{column: value}) == [f"{column}: {fault}"]


@pytest.mark.parametrize(
    ("accepted_at", "fault"),
    [
        ("2026-11-19", TIME),
        ("2026-11-19T10:42:00", TIME),
        ("2026-11-19T25:42:00Z", TIME),
        ("0001-01-01T00:00:00+14:00", TIME),
        ("2026-11-20T12:05:01Z", "in the future"),
    ],
)
def test_time_of_acceptance_is_a_moment_that_has_passed(accepted_at: str, fault: str) -> None:
    assert faults(gross_mass_g="6000", accepted_at=accepted_at) == [f"accepted_at: {fault}"]


def test_mass_and_time_of_acceptance_go_together() -> None:
    assert faults(gross_mass_g="6000") == [f"accepted_at: {BOTH}"]
    assert faults(accepted_at="2026-11-19T10:42:00Z") == [f"gross_mass_g: {BOTH}"]
    assert faults(gross_mass_g="x", accepted_at="2026-11-19T10:42:00Z") == [f"gross_mass_g: {GRAMS}"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+999 (50) 111-22-33", "+999501112233"),
        ("00999 50 1112233", "+999501112233"),
        ("050 111 22 33", "0501112233"),
    ],
)
def test_telephone_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    declaration = check(sender_phone=typed).declaration

    assert declaration is not None
    assert declaration.sender.contact == {"phone": kept}


@pytest.mark.parametrize("born", ["1990", "1990-04", "1990-04-05", "2026-11-20"])
def test_birth_date_keeps_its_precision(born: str) -> None:
    declaration = check(prisoner_birth_date=born).declaration

    assert declaration is not None
    assert declaration.recipient.birth_date == born


def test_text_is_kept_with_single_spaces() -> None:
    declaration = check(sender_name=" Olha \u00a0 Petrenko\n", item_1_description="чай\tчёрный").declaration

    assert declaration is not None
    assert (declaration.sender.name, declaration.lines[0].description) == ("Olha Petrenko", "чай чёрный")


def test_moment_is_the_same_in_every_offset() -> None:
    one = check(gross_mass_g="6000", accepted_at="2026-11-19T10:42:00+02:00").declaration
    same = check(gross_mass_g="6000", accepted_at="2026-11-19T08:42:00Z").declaration

    assert one is not None
    assert same is not None
    assert one.canonical(1) == same.canonical(1)


def test_all_faults_of_a_row_are_told_at_once() -> None:
    assert faults(sender_name="", prisoner_name="", item_1_quantity="x") == [
        "sender_name: required",
        "prisoner_name: required",
        f"item_1_quantity: {PIECES}",
    ]


def test_lines_left_blank_are_passed_over() -> None:
    told = {"item_2_description": "", "item_2_quantity": "", "item_2_unit_mass_g": ""}
    third = {"item_3_description": "soap", "item_3_quantity": "1", "item_3_unit_mass_g": "90"}
    declaration = check(**told, **third).declaration

    assert declaration is not None
    assert [line.description for line in declaration.lines] == ["печенье", "soap"]


def test_row_with_more_cells_than_columns_is_a_fault() -> None:
    told = row()
    (found,) = checks.parcels(
        [Row(2, [*map(str, told.values()), "left over"])], columns.read(list(told)), now=NOW
    )

    assert found.faults == {2: ["row: has more cells than there are columns"]}
