import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from exchanges.models import Agreement, Round
from parcels import manifest
from parcels.codes import is_number
from parcels.models import Line, Movement, Parcel
from parcels.progress import Show
from people.models import Person, Role
from people.queries import contact_of, names_of
from tests.factories import NOON, World, staff, world
from tests.parcels.manifests import (
    CANARY,
    import_,
    line,
    results,
    row,
    weighed,
    write_csv,
    write_sheet,
    write_xlsx,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def nothing_written() -> bool:
    return not (Parcel.objects.exists() or Person.objects.exists() or Movement.objects.exists())


def test_rows_become_parcels_and_weighed_ones_come_in_accepted(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row("A-1"), weighed("A-2", accepted_place="counter 2")])

    assert import_(path, now=NOON)[0] == 0

    declared, taken_in = Parcel.objects.order_by("external_id")
    assert [each.move for each in declared.movements.order_by("number")] == ["register"]
    assert [each.move for each in taken_in.movements.order_by("number")] == ["register", "accept"]
    assert (taken_in.status, taken_in.gross_mass_g) == ("accepted", 6_100)
    accept = taken_in.movements.get(move="accept")
    assert (accept.happened_at.isoformat(), accept.details["place"]) == (
        "2026-11-19T08:42:00+00:00",
        "counter 2",
    )
    assert names_of([declared.sender_id]) == {declared.sender_id: f"Olha {CANARY}"}
    assert contact_of(declared.sender) == {"phone": "+999501112233"}
    assert results(path) == [("2", "A-1", "created", ""), ("3", "A-2", "created", "")]


def test_place_is_the_rounds_collection_point_unless_it_is_told(w: World, tmp_path: Path) -> None:
    import_(write_csv(tmp_path / "m.csv", [weighed()]), now=NOON)

    assert Movement.objects.get(move="accept").details["place"] == w.round.collection_point


def test_numbers_stand_in_the_result(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row()])
    import_(path)

    number = (tmp_path / "m.csv.result.csv").read_text().splitlines()[1].split(",")[3]
    assert is_number(number)
    assert Parcel.objects.get().number == number


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8"), (",", "utf-8-sig"), (";", "utf-8-sig")]
)
def test_csv_is_read_with_either_separator_with_and_without_bom(
    w: World, tmp_path: Path, separator: str, encoding: str
) -> None:
    told = row(item_1_description="чай, чёрный; листовой")
    path = write_csv(tmp_path / "m.csv", [told], separator=separator, encoding=encoding)

    assert import_(path)[0] == 0
    assert results(path) == [("2", "A-1", "created", "")]


def test_workbook_and_csv_of_the_same_rows_say_the_same(w: World, tmp_path: Path) -> None:
    rows = [row("A-1"), weighed("A-2", gross_mass_g=6100, prisoner_birth_date=1990, item_1_quantity=3)]
    import_(write_xlsx(tmp_path / "m.xlsx", rows))

    again = write_csv(tmp_path / "m.csv", rows)
    assert import_(again)[0] == 0
    assert [status for _, _, status, _ in results(again)] == ["unchanged", "unchanged"]


def test_dates_of_a_workbook_are_dates(w: World, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "m.xlsx", [row(prisoner_birth_date=date(1990, 4, 5))])
    import_(tmp_path / "m.xlsx")

    again = write_csv(tmp_path / "m.csv", [row(prisoner_birth_date="1990-04-05")])
    import_(again)
    assert results(again) == [("2", "A-1", "unchanged", "")]


def test_rows_of_one_external_id_are_lines_of_one_parcel(w: World, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "m.csv",
        [line("A-1", "чай"), line("A-1", "мыло", sender_phone="", prisoner_name=""), line("A-2", "soap")],
    )

    assert import_(path)[0] == 0
    assert results(path) == [
        ("2", "A-1", "created", ""), ("3", "A-1", "created", ""), ("4", "A-2", "created", ""),
    ]  # fmt: skip
    assert [Line.objects.filter(parcel=each).count() for each in Parcel.objects.order_by("pk")] == [2, 1]


def test_later_row_of_a_parcel_that_tells_something_else_is_a_fault(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [line("A-1", "чай"), line("A-1", "мыло", prisoner_name="Taras")])

    assert import_(path)[0] == 2
    assert results(path) == [
        ("2", "A-1", "rejected", "external_id: another row of this parcel has a fault"),
        ("3", "A-1", "rejected", "prisoner_name: differs from the first row of this parcel"),
    ]
    assert nothing_written()


def test_same_file_twice_changes_nothing(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row("A-1"), weighed("A-2")])
    import_(path)
    before = list(Movement.objects.order_by("pk").values_list("parcel__number", "number"))

    code, out, _ = import_(path)

    assert (code, out.splitlines()[-2]) == (0, "2 rows: 2 unchanged")
    assert list(Movement.objects.order_by("pk").values_list("parcel__number", "number")) == before
    assert results(path) == [("2", "A-1", "unchanged", ""), ("3", "A-2", "unchanged", "")]


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_same_external_id_with_other_content_is_a_fault(
    w: World, tmp_path: Path, options: tuple[str, ...]
) -> None:
    import_(write_csv(tmp_path / "m.csv", [row("A-1")]))
    changed = write_csv(tmp_path / "n.csv", [row("A-1", item_1_quantity="3"), row("A-2")])

    assert import_(changed, *options)[0] == 2
    assert results(changed) == [
        ("2", "A-1", "rejected", "external_id: used before with other content"),
        ("3", "A-2", "valid", ""),
    ]
    assert Parcel.objects.count() == 1


def test_repeat_within_a_file_is_told_from_a_change(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row("A-1"), row("A-1"), row("A-1", relationship="sister")])

    assert import_(path, "--partial")[0] == 1
    assert results(path) == [
        ("2", "A-1", "created", ""),
        ("3", "A-1", "unchanged", ""),
        ("4", "A-1", "rejected", "external_id: used before with other content"),
    ]
    assert Parcel.objects.count() == 1


def test_fault_stops_everything_unless_partial(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row("A-1"), row("A-2", prisoner_birth_date="1990-13-01")])
    fault = "prisoner_birth_date: not a date from 1900 on: YYYY, YYYY-MM or YYYY-MM-DD"

    assert import_(path)[0] == 2
    assert nothing_written()
    assert results(path) == [("2", "A-1", "valid", ""), ("3", "A-2", "rejected", fault)]

    assert import_(path, "--partial")[0] == 1
    assert results(path) == [("2", "A-1", "created", ""), ("3", "A-2", "rejected", fault)]
    assert [each.external_id for each in Parcel.objects.all()] == ["A-1"]


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        ([row("A-1")], (), 0),
        ([row("A-1"), row("")], (), 2),
        ([row("A-1"), row("")], ("--partial",), 1),
        ([row("")], ("--partial",), 1),
    ],
)
def test_dry_run_ends_as_the_real_run_and_writes_nothing(
    w: World, tmp_path: Path, rows: list[dict[str, object]], options: tuple[str, ...], code: int
) -> None:
    path = write_csv(tmp_path / "m.csv", rows)

    assert import_(path, "--dry-run", *options)[0] == code
    assert nothing_written()
    assert {status for _, _, status, _ in results(path)} <= {"valid", "rejected"}
    assert import_(path, *options)[0] == code


def test_unknown_columns_are_named_and_never_stored(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row(shoe_size="43", diagnosis="x")])

    code, out, _ = import_(path)

    assert code == 0
    assert "Columns that are not known and were not stored: shoe_size, diagnosis" in out.splitlines()


def test_round_must_be_there_and_collect_under_an_agreement_in_force(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row()])
    Agreement.objects.update(status=Agreement.Status.SUSPENDED)
    assert import_(path) == (2, "", "The agreement is not in force. Nothing was written.")
    Agreement.objects.update(status=Agreement.Status.IN_FORCE)
    Round.objects.update(status=Round.Status.CLOSED)
    assert import_(path) == (2, "", "The round is not collecting. Nothing was written.")
    Round.objects.update(reference="january")
    assert import_(path) == (2, "", "There is no round with this reference.")
    assert nothing_written()


def test_registrar_may_answer_for_it_and_nobody_else(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row()])
    staff("hana", Role.REGISTRAR, w.south)

    assert import_(path, "--as", "bruno")[2] == (
        "This person is no registrar of the sending office. Nothing was written."
    )
    assert import_(path, "--as", "hana")[2] == "This person has no right in the sending office."
    assert import_(path, "--as", "nobody")[2] == "There is no account with this name."
    assert nothing_written()

    assert import_(path, "--as", "amina")[0] == 0
    assert Movement.objects.get().staff == w.amina


def test_office_itself_answers_for_it_by_default(w: World, tmp_path: Path) -> None:
    import_(write_csv(tmp_path / "m.csv", [weighed()]))

    assert set(Movement.objects.values_list("actor", "organisation")) == {("worker", w.north.pk)}


def test_more_parcels_than_go_in_one_call_come_in_together(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row(f"A-{number}") for number in range(1, 2_602)])

    assert import_(path)[0] == 0
    assert (Parcel.objects.count(), len(results(path))) == (2_601, 2_601)


def test_people_and_repeats_are_known_across_the_calls_of_one_file(w: World, tmp_path: Path) -> None:
    rows = [row(f"A-{number}") for number in range(1, 2_502)]
    path = write_csv(tmp_path / "m.csv", [*rows, row("A-1"), row("A-2", relationship="sister")])

    assert import_(path, "--partial")[0] == 1
    assert results(path)[-2:] == [
        ("2503", "A-1", "unchanged", ""),
        ("2504", "A-2", "rejected", "external_id: used before with other content"),
    ]
    assert (Parcel.objects.count(), Person.objects.count()) == (2_501, 2)


def test_interrupted_import_leaves_nothing(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row(f"A-{number}") for number in range(1, 102)])

    @contextmanager
    def bar(what: str, total: int) -> Iterator[Show]:
        def show(done: int, total: int | None = None) -> None:
            if what == "Writing":
                raise KeyboardInterrupt

        yield show

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        manifest.run(path, w.round, by=w.act(w.amina), now=NOON, dry_run=False, partial=False, bar=bar)

    assert nothing_written()
    assert [each.name for each in tmp_path.iterdir()] == ["m.csv"]
    assert threading.active_count() == threads


def test_blank_rows_are_passed_over_and_counted(w: World, tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "m.xlsx", [[], list(row()), [], [str(value) for value in row().values()]])

    assert import_(path)[0] == 0
    assert results(path) == [("4", "A-1", "created", "")]


def test_nothing_personal_is_printed_or_kept_beside_the_file(
    w: World, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    spoilt = {column: f"{CANARY}\u202e" for column in row() if column != "external_id"}
    path = write_csv(tmp_path / "m.csv", [row("A-1"), spoilt | {"external_id": f"{CANARY}!"}])

    code, out, sentence = import_(path, "--partial")

    printed = capfd.readouterr()
    everything = [out, sentence, printed.out, printed.err, caplog.text]
    everything.append((tmp_path / "m.csv.result.csv").read_text())
    assert code == 1
    assert not any("Кенарь" in each or "Olha" in each for each in everything)


def test_unforeseen_error_says_where_and_not_what(w: World, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "m.csv", [row()])
    with connection.cursor() as cursor:
        # In the way of the real one.
        cursor.execute("CREATE TEMP TABLE parcels_publication ON COMMIT DROP AS SELECT 1")

    code, _, sentence = import_(path)

    assert code == 2
    assert re.fullmatch(r"Nothing was written: ProgrammingError in cursor.py, line \d+\.", sentence)
    assert nothing_written()
    assert [each.name for each in tmp_path.iterdir()] == ["m.csv"]
