import csv
import io
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.names import match

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Say for each row of a CSV whether the names in columns a and b are one: yes, no, or ask a person."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV in UTF-8 with the columns a and b; others are kept")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        header, *rows = _read(file)
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow([*header, "match"])
        writer.writerows(_matched(header, rows))


def _read(file: Path) -> list[list[str]]:
    """The header and the rows that are not blank.

    :raises CommandError: when the file cannot be read as CSV in UTF-8 with the columns a and b, and no match
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if row]
    except OSError:
        raise _refused(f"{file} cannot be read: is it there, and a file?") from None
    except UnicodeDecodeError:
        raise _refused(f"{file} is not UTF-8 text: save it as CSV in UTF-8.") from None
    except csv.Error:
        raise _refused(f"{file} is not CSV: a quotation mark may be missing.") from None
    if not rows or not {"a", "b"} <= set(rows[0]):
        raise _refused(f"{file} lacks the columns a and b: its first line must name them.")
    if "match" in rows[0]:
        raise _refused(f"{file} has a column match already: rename it, the answer goes there.")
    if any(len(row) > len(rows[0]) for row in rows):
        raise _refused(
            f"{file} has a row with more cells than the first line: a comma may lack its quotation marks."
        )
    return rows


def _delimiter(text: str) -> str:
    first_line = text.partition("\n")[0]
    return ";" if first_line.count(";") > first_line.count(",") else ","


def _refused(why: str) -> CommandError:
    return CommandError(why, returncode=BAD_INPUT)


def _matched(header: list[str], rows: list[list[str]]) -> Iterator[list[str]]:
    """Short rows are filled up, so that the answer stands in its own column."""
    a, b = header.index("a"), header.index("b")
    for row in rows:
        filled = row + [""] * (len(header) - len(row))
        yield [*filled, match(filled[a], filled[b])]
