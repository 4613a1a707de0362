"""What is said of OWASP ASVS: tests it names exist, nothing stands twice, its counts are those of its rows."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from config.launcher.processes import BASE_DIR

PAPER = BASE_DIR / "docs/asvs.md"
SHOWN = ("covered", "by reading", "open")
STATES = (*SHOWN, "not applicable")
# Requirements of levels 1 and 2 in version 5.0.0: all of them are answered.
IN_THE_STANDARD = {1: 70, 2: 183}
_ROW = re.compile(r"\| (\d+\.\d+\.\d+) \| ([123]) \| [^|]+ \| ([^|]+) \| ([^|]+) \|")
_COUNTS = re.compile(r"^\| ([a-z ]+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
_OPEN = re.compile(r"^- \*\*(\d+\.\d+\.\d+)\*\* \(level ([123]),", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`:]+)::(\w+)`")
_PLACE = re.compile(r"`([\w./-]+[./][\w/]*)`")


class Row(NamedTuple):
    id: str
    level: int
    state: str
    shown: str


@cache
def names_in(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def rows_of(paper: str) -> Iterator[Row | str]:
    """Yield each row, or the line itself where it is not well formed."""
    for line in paper.splitlines():
        if re.match(r"\| \d", line):
            found = _ROW.fullmatch(line)
            yield Row(found[1], int(found[2]), found[3], found[4]) if found else line


def faults(paper: str) -> list[str]:
    told = list(rows_of(paper))
    rows = [row for row in told if isinstance(row, Row)]
    return [
        *(f"not a row: {line}" for line in told if isinstance(line, str)),
        *(f"{id_} stands twice" for id_, times in Counter(row.id for row in rows).items() if times > 1),
        *(fault for row in rows for fault in _faults_of_row(row)),
        *_faults_of_counts(paper, rows),
    ]


def _faults_of_row(row: Row) -> Iterator[str]:
    tests = _TEST.findall(row.shown)
    if row.state not in STATES:
        yield f"{row.id}: no such state: {row.state}"
    if row.state == "covered" and not tests:
        yield f"{row.id}: covered, and no test is named"
    for path, name in tests:
        if not name.startswith("test_") or name not in names_in(BASE_DIR / path):
            yield f"{row.id}: no such test: {path}::{name}"
    if row.state == "by reading":
        places = _PLACE.findall(row.shown)
        missing = [place for place in places if not (BASE_DIR / place).exists()]
        if missing or not places:
            yield f"{row.id}: read where? {missing}"


def _faults_of_counts(paper: str, rows: list[Row]) -> Iterator[str]:
    counted = Counter((row.state, row.level) for row in rows)
    lines = {state: (state,) for state in STATES}
    told = {name: tuple(map(int, numbers)) for name, *numbers in _COUNTS.findall(paper)}
    for name, states in (lines | {"applicable": SHOWN, "all": STATES}).items():
        by_level = [sum(counted[state, level] for state in states) for level in (1, 2, 3)]
        if told.get(name) != (*by_level, sum(by_level)):
            yield f"{name}: {told.get(name)} is said, {by_level} are there"
    for level, many in IN_THE_STANDARD.items():
        if sum(row.level == level for row in rows) != many:
            yield f"level {level} is not whole"
    if _OPEN.findall(paper) != [(row.id, str(row.level)) for row in rows if row.state == "open"]:
        yield "the list of what is open is not that of the rows"


def test_paper_has_no_fault() -> None:
    assert faults(PAPER.read_text()) == []


FIRST = "| 1.1.1 | 2 | decode once, before checking | covered | "
NAMED = "`tests/parcels/test_api_moves.py::test_letters_that_look_like_an_escape_are_letters`"
SPOILT = {
    "a test that is gone": (NAMED, NAMED.replace("letters`", "gone`"), "1.1.1: no such test"),
    "a file that is gone": (NAMED, NAMED.replace("moves", "gone"), "1.1.1: no such test"),
    "no test": (f"{NAMED} |", "somebody looked |", "1.1.1: covered, and no test is named"),
    "a row twice": (FIRST, f"{FIRST}{NAMED} |\n{FIRST}", "1.1.1 stands twice"),
    "a row that is gone": (f"{FIRST}{NAMED} |\n", "", "level 2 is not whole"),
    "a row that is none": (FIRST, FIRST.replace("2", "two"), "not a row: | 1.1.1 | two"),
    "a state that is none": (FIRST, FIRST.replace("covered", "nearly"), "1.1.1: no such state: nearly"),
    "another state": (FIRST, FIRST.replace("covered", "open"), "the list of what is open is not"),
    "a place that is gone": (
        "`people/list_desk.py`",
        "`people/gone.py`",
        "5.3.2: read where? ['people/gone.py']",
    ),
    "a count": ("\n| covered | ", "\n| covered | 1", "covered: ("),
    "an open one less": ("- **6.3.5** (level 3,", "- **6.3.6** (level 3,", "the list of what is open is not"),
}


@pytest.mark.parametrize(("before", "after", "fault"), SPOILT.values(), ids=SPOILT)
def test_fault_is_named(before: str, after: str, fault: str) -> None:
    paper = PAPER.read_text()
    assert before in paper
    assert any(each.startswith(fault) for each in faults(paper.replace(before, after, 1)))
