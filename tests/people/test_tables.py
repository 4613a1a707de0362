"""Files that cannot be taken: each gives one sentence, exits 2, and nothing is written."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from parcels.models import Parcel
from people.models import Person
from tests.factories import World, world
from tests.parcels.manifests import (
    CANARY,
    csv_text,
    import_,
    row,
    with_part,
    write_csv,
    write_sheet,
    write_xlsx,
)

pytestmark = pytest.mark.django_db

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.fixture
def w() -> World:
    return world()


def _sheet(path: Path, inside: str, before: str = "") -> Path:
    write_xlsx(path, [row()])
    xml = f'<?xml version="1.0"?>{before}<worksheet {NAMESPACE}><sheetData>{inside}</sheetData></worksheet>'
    return with_part(path, SHEET, xml.encode())


def _formula(path: Path) -> Path:
    return write_sheet(path, [list(row()), ["=1+1", *list(row().values())[1:]]])


def _bomb(path: Path) -> Path:
    write_xlsx(path, [row()])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(300):
            part.write(b" " * (1024 * 1024))
    return path


def _lying_bomb(path: Path) -> Path:
    """Say in the header that the part is small."""
    content = _bomb(path).read_bytes()
    size = (300 * 1024 * 1024).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    return path


def _shared_bomb(path: Path) -> Path:
    """A small file in which one long text stands in many cells."""
    text = f"<sst {NAMESPACE}><si><t>{'x' * 30_000}</t></si></sst>"
    write_xlsx(path, [row()])
    with_part(path, "xl/sharedStrings.xml", text.encode())
    cells = "<row>" + '<c t="s"><v>0</v></c>' * 10 + "</row>"
    xml = f"<worksheet {NAMESPACE}><sheetData>{cells * 1_000}</sheetData></worksheet>"
    return with_part(path, SHEET, xml.encode())


def _encrypted_member(path: Path) -> Path:
    content = bytearray(write_xlsx(path, [row()]).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def _huge(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(csv_text([row()]).encode())
        os.truncate(file.fileno(), 200 * 1024 * 1024)
    return path


def _text(content: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content.encode(encoding))
        return path

    return write


def _rows(*columns: str, **cells: object) -> Callable[[Path], Path]:
    """A file of one row with these columns only."""
    return lambda path: write_csv(path, [{column: {**row(), **cells}.get(column, "") for column in columns}])


SOUND = csv_text([row()])
HEADER, DATA = SOUND.splitlines()[:2]
DAMAGED = "The file is not an XLSX workbook, or it is damaged."
PACKED = "The workbook is packed more than a hundredfold: it is no sheet."
UNPACKED = "The workbook is larger than 256 MiB when unpacked."
FORMULAS = "The workbook has formulas: paste its cells as values and save it again."
PASSWORD = "The workbook has a password or is an old XLS: save it as XLSX without a password."
NOT_CSV = (
    "The file is not well-formed CSV after row 1: a quotation mark is not closed or out of place,"
    " or a cell has over 131,072 characters."
)
WIDE = "The sheet has more than 100 columns."
LONG = "The file has more than 100,000 rows."

SPOILT: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "empty": ("m.csv", _text(""), "The file is empty."),
    "blank": ("m.csv", _text("\n \n\n"), "The file is empty."),
    "empty workbook": ("m.xlsx", lambda path: write_sheet(path, []), "The file is empty."),
    "header only": ("m.csv", _text(HEADER), "The file has columns and no rows."),
    "too large": ("m.csv", _huge, "The file is larger than 64 MiB."),
    "other columns": (
        "m.csv",
        _text(f"{CANARY};b\n1;2\n"),
        "Columns are missing: external_id, sender_name, prisoner_name, item_1_description, item_1_quantity,"
        " item_1_unit_mass_g.",
    ),
    "half a line": (
        "m.csv",
        _rows(*row(), "item_2_quantity"),
        "Columns are missing: item_2_description, item_2_unit_mass_g.",
    ),
    "column twice": (
        "m.csv",
        _text(f"{HEADER},Sender_Name\n{DATA},{CANARY}\n"),
        "Columns stand twice: sender_name.",
    ),
    "both kinds": (
        "m.csv",
        _rows(*row(), "item_description", "item_quantity", "item_unit_mass_g"),
        "Columns do not go together: item_description and item_1_description.",
    ),
    "other encoding": (
        "m.csv", _text(SOUND, "cp1251"), "The file is not UTF-8 text: save it as CSV in UTF-8.",
    ),
    "utf-16": ("m.csv", _text(SOUND, "utf-16"), "The file is not UTF-8 text: save it as CSV in UTF-8."),
    "nul": (
        "m.csv",
        _text(SOUND.replace("Olha", "Ol\0ha")),
        "The file holds NUL characters, so it is no text: save it as CSV in UTF-8.",
    ),
    "open quote": ("m.csv", _text(f'{HEADER}\n"{DATA}\n'), NOT_CSV),
    "long cell": ("m.csv", _text(f"{HEADER}\n{'x' * 200_000}\n"), NOT_CSV),
    "many rows": ("m.csv", _text(f"{HEADER}\n" + "x\n" * 100_001), LONG),
    "no workbook": ("m.xlsx", _text(SOUND), "The file is named XLSX and is not an XLSX workbook."),
    "no zip": ("m.xlsx", _text("PK\x03\x04 and then nothing of the kind"), DAMAGED),
    "password": ("m.xlsx", lambda path: path.write_bytes(OLE) and path, PASSWORD),
    "zip password": (
        "m.xlsx", _encrypted_member, "The workbook has a password: save it without one.",
    ),
    "formula": ("m.xlsx", _formula, FORMULAS),
    "zip bomb": ("m.xlsx", _bomb, PACKED),
    "lying zip bomb": ("m.xlsx", _lying_bomb, PACKED),
    "shared text bomb": ("m.xlsx", _shared_bomb, UNPACKED),
    "far column": ("m.xlsx", lambda path: _sheet(path, '<row><c r="XFD1"><v>1</v></c></row>'), WIDE),
    "far row": ("m.xlsx", lambda path: _sheet(path, '<row r="1048576"><c><v>1</v></c></row>'), LONG),
    "far cell": ("m.xlsx", lambda path: _sheet(path, '<row><c r="A1048576"><v>1</v></c></row>'), LONG),
    "no such text": ("m.xlsx", lambda path: _sheet(path, '<row><c t="s"><v>999</v></c></row>'), DAMAGED),
    "declaration": (
        "m.xlsx", lambda path: _sheet(path, "", '<!DOCTYPE x [<!ENTITY a "aaaa">]>'), DAMAGED,
    ),
    "broken xml": ("m.xlsx", lambda path: _sheet(path, "<row>"), DAMAGED),
    "folder": ("m.csv", lambda path: path.mkdir() or path, "The file cannot be opened: Is a directory."),
}  # fmt: skip


@pytest.mark.parametrize(("name", "make", "sentence"), SPOILT.values(), ids=SPOILT)
def test_spoilt_file_gives_one_sentence_and_nothing_is_written(
    w: World, tmp_path: Path, name: str, make: Callable[[Path], Path], sentence: str
) -> None:
    path = make(tmp_path / name)

    code, _, said = import_(path, "--partial")

    assert (code, said) == (2, sentence)
    assert (Parcel.objects.count(), Person.objects.count()) == (0, 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]


def test_file_that_is_not_there_is_said_so(w: World, tmp_path: Path) -> None:
    assert import_(tmp_path / "m.csv")[2] == "The file cannot be opened: No such file or directory."


def test_only_the_first_sheet_is_read_and_that_is_said(w: World, tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "m.xlsx", [row()])
    book = load_workbook(path)
    book.create_sheet("notes").append(["x"])
    book.save(path)

    code, out, _ = import_(path)

    assert code == 0
    assert "Only the first sheet was read." in out.splitlines()
