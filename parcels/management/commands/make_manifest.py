import csv
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from openpyxl import Workbook

from parcels.demonstration import manifest

NUMBERS = ("_mass_g", "_quantity")


class Command(BaseCommand):
    help = (
        "Writes the made-up manifest of the demonstration round, as CSV or, where the name ends so, as XLSX."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=manifest.SEED)
        parser.add_argument("--parcels", type=int, default=manifest.PARCELS)
        parser.add_argument("--senders", type=int, default=manifest.SENDERS)
        parser.add_argument("--collected-from", type=date.fromisoformat, default=manifest.COLLECTED_FROM)
        parser.add_argument("--out", type=Path, default=Path("demo/december.csv"))

    def handle(
        self,
        *args: Any,
        seed: int,
        parcels: int,
        senders: int,
        collected_from: date,
        out: Path,
        **options: Any,
    ) -> None:
        try:
            rows = manifest.rows(seed, parcels, senders, collected_from=collected_from)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        out.parent.mkdir(parents=True, exist_ok=True)
        (write_xlsx if out.suffix == ".xlsx" else write_csv)(out, rows)
        self.stdout.write(f"{out}: {parcels} parcels from {senders} senders")


def write_csv(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, manifest.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_xlsx(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """Numbers as numbers, everything else as text, as people's own sheets have it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("manifest")
    sheet.append(manifest.COLUMNS)
    for row in rows:
        sheet.append([_cell(column, row[column]) for column in manifest.COLUMNS])
    book.save(path)


def _cell(column: str, value: str) -> int | str | None:
    return int(value) if value and column.endswith(NUMBERS) else value or None
