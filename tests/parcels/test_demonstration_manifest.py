import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from parcels.demonstration.contents import GOODS, Contents, pack
from parcels.demonstration.manifest import COLUMNS, rows

DEMO = Path(__file__).parents[2] / "demo" / "december.csv"
RECEIVED_BY_RULES = {
    "FOOD_DRY",
    "FOOD_VACUUM",
    "FOOD_TEA_COFFEE",
    "HYGIENE",
    "LETTER",
    "DRAWING",
    "RELIGIOUS",
}
LIMITED_PIECES = {"TOBACCO": 10, "CLOTHING": 6, "UNDERWEAR": 8}


@pytest.fixture(scope="module")
def december() -> list[dict[str, str]]:
    return list(rows(12))


@pytest.fixture(scope="module")
def packed() -> list[Contents]:
    drawn = Random(1)  # noqa: S311 - the same each time
    return [pack(drawn, language) for _ in range(700) for language in ("ru", "uk", "en")]


def test_columns_are_the_contracts() -> None:
    head = (
        "external_id sender_name sender_phone sender_email contact_by relationship prisoner_name "
        "prisoner_birth_date prisoner_service_number declared_mass_g gross_mass_g accepted_at accepted_place"
    )
    assert COLUMNS[:13] == tuple(head.split())
    assert COLUMNS[13:16] == ("item_1_description", "item_1_quantity", "item_1_unit_mass_g")
    assert COLUMNS[-1] == "item_12_unit_mass_g"
    assert len(COLUMNS) == 13 + 12 * 3


def test_rows_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert list(rows(5, 30, 28)) == list(rows(5, 30, 28))
    assert list(rows(5, 30, 28)) != list(rows(6, 30, 28))


def test_committed_manifest_is_what_the_command_writes(tmp_path: Path) -> None:
    call_command("make_manifest", out=tmp_path / "made" / "december.csv", verbosity=0)
    assert (tmp_path / "made" / "december.csv").read_bytes() == DEMO.read_bytes()


def test_rows_are_2000_parcels_for_2000_prisoners_from_1900_senders(december: list[dict[str, str]]) -> None:
    senders = Counter((row["sender_name"], row["sender_phone"], row["sender_email"]) for row in december)
    prisoners = {
        (row["prisoner_name"], row["prisoner_birth_date"], row["prisoner_service_number"]) for row in december
    }
    assert len({row["external_id"] for row in december}) == len(prisoners) == 2000
    assert Counter(senders.values()) == {1: 1800, 2: 100}


def test_rows_of_nobody_twice_even_by_name_alone_in_one_spelling(december: list[dict[str, str]]) -> None:
    names = Counter(row["prisoner_name"] for row in december)
    assert max(names.values()) <= 2


def test_rows_can_reach_nobody(december: list[dict[str, str]]) -> None:
    assert {re.sub(r"\D", "", row["sender_phone"])[:5] for row in december} == {"", "99950", "00999"}
    assert {row["sender_email"].partition("@")[2] for row in december} == {"", "example.org", "example.net"}
    for row in december:
        assert row["contact_by"] != "phone" or row["sender_phone"]
        assert row["contact_by"] != "email" or row["sender_email"]


def test_rows_are_accepted_together_with_their_mass_or_only_registered(
    december: list[dict[str, str]],
) -> None:
    accepted = [row for row in december if row["accepted_at"]]
    assert [row["external_id"] for row in december if row["gross_mass_g"]] == [
        row["external_id"] for row in accepted
    ]
    assert 0.95 < len(accepted) / len(december) < 0.97
    assert {row["accepted_place"] for row in december if not row["accepted_at"]} == {""}
    assert len({row["accepted_place"] for row in accepted}) == 3


def test_rows_are_accepted_on_collecting_days(december: list[dict[str, str]]) -> None:
    for row in december:
        if row["accepted_at"]:
            at = datetime.strptime(row["accepted_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            assert date(2026, 11, 2) <= at.date() <= date(2026, 11, 19)
            assert 8 <= at.hour < 16
            assert at.weekday() < 6


def test_rows_move_with_the_first_collecting_day() -> None:
    moved = [row["accepted_at"] for row in rows(5, 30, 28, collected_from=date(2027, 1, 4))]
    assert {at[:7] for at in moved if at} == {"2027-01"}


def test_rows_weigh_what_is_in_them_and_the_packing(december: list[dict[str, str]]) -> None:
    for row in december:
        net = sum(int(quantity) * int(mass) for _, quantity, mass in items(row))
        if row["gross_mass_g"]:
            assert 150 <= int(row["gross_mass_g"]) - net <= 450
        assert abs(int(row["declared_mass_g"]) - net - 300) < 450


def test_rows_are_mostly_within_5_to_10_kg(december: list[dict[str, str]]) -> None:
    masses = [int(row["gross_mass_g"]) for row in december if row["gross_mass_g"]]
    heavy, light = sum(mass > 10_000 for mass in masses), sum(mass < 5_000 for mass in masses)
    assert 1 <= heavy <= 30
    assert 1 <= light <= 30
    assert 4_000 < min(masses) < max(masses) < 11_100


def test_rows_give_birth_dates_as_families_know_them(december: list[dict[str, str]]) -> None:
    lengths = Counter(len(row["prisoner_birth_date"]) for row in december)
    assert sorted(lengths) == [0, 4, 7, 10]
    assert lengths[10] > 1600


def test_rows_mix_the_two_scripts(december: list[dict[str, str]]) -> None:
    latin = sum(row["prisoner_name"].isascii() for row in december)
    assert 200 < latin < 700


def test_goods_are_described_in_many_ways_and_in_every_category() -> None:
    descriptions = {text for good in GOODS for texts in good.descriptions.values() for text in texts}
    assert len(descriptions) > 600
    assert len({good.category for good in GOODS}) == 34 + 1


def test_goods_mean_one_category_each() -> None:
    meant: dict[str, set[str]] = {}
    for good in GOODS:
        for text in {text for texts in good.descriptions.values() for text in texts}:
            meant.setdefault(text, set()).add(good.category)
    assert {text: categories for text, categories in meant.items() if len(categories) > 1} == {}


def test_pack_is_in_order_for_most(packed: list[Contents]) -> None:
    assert 0.80 < sum(not contents.troubles for contents in packed) / len(packed) < 0.87


def test_pack_stays_within_the_limits_where_there_is_no_trouble(packed: list[Contents]) -> None:
    for contents in packed:
        if not contents.troubles:
            pieces, grams = by_category(contents)
            assert set(pieces) <= RECEIVED_BY_RULES | set(LIMITED_PIECES) | {"FOOD_SEASONAL"}
            assert all(pieces[category] <= most for category, most in LIMITED_PIECES.items())
            assert grams["FOOD_SEASONAL"] <= 500
            assert 5_000 <= contents.gross_mass_g <= 10_000


def test_pack_holds_the_trouble_it_names(packed: list[Contents]) -> None:
    seen = Counter(trouble for contents in packed for trouble in contents.troubles)
    assert len(seen) > 20
    for contents in packed:
        pieces, grams = by_category(contents)
        for trouble in contents.troubles:
            assert {
                "TOO_HEAVY": contents.gross_mass_g > 10_000,
                "TOO_LIGHT": contents.gross_mass_g < 5_000,
                "OVER_LIMIT": grams["FOOD_SEASONAL"] > 500
                or pieces["TOBACCO"] > 10
                or pieces["UNDERWEAR"] > 8,
                "MISSPELT": True,
            }.get(trouble, pieces[trouble] > 0)


def test_pack_has_one_to_twelve_described_lines(packed: list[Contents]) -> None:
    for contents in packed:
        assert 1 <= len(contents.lines) <= 12
        assert all(line.description and "{" not in line.description for line in contents.lines)
        assert all(line.quantity > 0 and line.unit_mass_g > 0 for line in contents.lines)


def test_make_manifest_writes_the_same_as_xlsx(tmp_path: Path) -> None:
    for name in ("made.csv", "made.xlsx"):
        call_command("make_manifest", parcels=20, senders=18, out=tmp_path / name, verbosity=0)
    with closing(load_workbook(tmp_path / "made.xlsx", read_only=True)) as book:
        assert book.active is not None
        from_xlsx = [
            ["" if cell is None else cell for cell in row]
            for row in book.active.iter_rows(values_only=True, max_col=len(COLUMNS))
        ]
    with (tmp_path / "made.csv").open(encoding="utf-8", newline="") as file:
        from_csv = list(csv.reader(file))
    assert [[str(cell) for cell in row] for row in from_xlsx] == from_csv
    assert isinstance(from_xlsx[1][COLUMNS.index("declared_mass_g")], int)


@pytest.mark.parametrize(("parcels", "senders"), [(10, 11), (100_001, 90_000), (1_000, 500)])
def test_make_manifest_refuses_what_cannot_be_made(tmp_path: Path, parcels: int, senders: int) -> None:
    with pytest.raises(CommandError, match=f"{senders} senders"):
        call_command("make_manifest", parcels=parcels, senders=senders, out=tmp_path / "made.csv")
    assert list(tmp_path.iterdir()) == []


def items(row: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for number in range(1, 13):
        if row[f"item_{number}_description"]:
            yield (
                row[f"item_{number}_description"],
                row[f"item_{number}_quantity"],
                row[f"item_{number}_unit_mass_g"],
            )


def by_category(contents: Contents) -> tuple[Counter[str], Counter[str]]:
    """Pieces and grams of each category."""
    pieces: Counter[str] = Counter()
    grams: Counter[str] = Counter()
    for line in contents.lines:
        pieces[line.good.category] += line.quantity
        grams[line.good.category] += line.quantity * line.unit_mass_g
    return pieces, grams
