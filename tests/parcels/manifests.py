"""Manifests for tests: rows of made-up people, as CSV or XLSX, sound or spoilt."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from openpyxl import Workbook

CANARY = "Кенарь Жёлтая"
"""Stands in files; must never come out."""

Row = Mapping[str, Any]


def row(external_id: str = "A-1", **cells: object) -> dict[str, object]:
    return {
        "external_id": external_id,
        "sender_name": f"Olha {CANARY}",
        "sender_phone": "+999 50 111 22 33",
        "prisoner_name": f"Pavlo {CANARY}",
        "prisoner_birth_date": "1990-04-05",
        "item_1_description": "печенье",
        "item_1_quantity": "2",
        "item_1_unit_mass_g": "310",
    } | cells


def weighed(external_id: str = "A-1", **cells: object) -> dict[str, object]:
    return row(external_id, gross_mass_g="6100", accepted_at="2026-11-19T10:42:00+02:00") | cells


def line(external_id: str, description: str, **cells: object) -> dict[str, object]:
    """One row of a file that has one for each content line."""
    plain = {"item_description": description, "item_quantity": "1", "item_unit_mass_g": "100"}
    return {key: value for key, value in row(external_id).items() if "item_" not in key} | plain | cells


def write_csv(path: Path, rows: Iterable[Row], *, separator: str = ",", encoding: str = "utf-8") -> Path:
    path.write_bytes(csv_text(rows, separator).encode(encoding))
    return path


def csv_text(rows: Iterable[Row], separator: str = ",") -> str:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, _columns(rows), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_xlsx(path: Path, rows: Iterable[Row]) -> Path:
    rows = list(rows)
    columns = _columns(rows)
    return write_sheet(path, [columns, *([row.get(column) for column in columns] for row in rows)])


def write_sheet(path: Path, cells: Sequence[Sequence[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for each in cells:
        sheet.append(list(each))
    book.save(path)
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """Replace or add one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()} | {name: content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in parts.items():
            archive.writestr(each, data)
    return path


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def import_(path: Path, *options: str, **more: object) -> tuple[int, str, str]:
    """Return the exit code, what was printed, and the sentence of an error."""
    out = io.StringIO()
    try:
        call_command("import_manifest", str(path), "--round", "december", *options, stdout=out, **more)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    except SystemExit as left:
        return int(str(left.code)), out.getvalue(), ""
    return 0, out.getvalue(), ""


def results(path: Path) -> list[tuple[str, ...]]:
    """The result file's rows without their numbers, which are drawn at random."""
    with path.with_name(f"{path.name}.result.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert all(list(each) == ["row", "external_id", "status", "number", "errors"] for each in found)
    return [(each["row"], each["external_id"], each["status"], each["errors"]) for each in found]
