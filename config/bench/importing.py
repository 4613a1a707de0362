"""Import: the product's command and django-import-export, on one file; and how the command's memory grows."""

import csv
import io
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from import_export.formats.base_formats import CSV

from config.bench import arena, rows
from config.bench.figures import Different, Figures, Ratio, Wishes
from config.bench.one_row_at_a_time import ManifestResource, TunedResource
from config.scratch import Database
from exchanges.models import Round
from parcels.demonstration import manifest

# A row at a time is so slow that a part of the file gives its rate.
MOST_ROWS: Final = 500
SEED: Final = 7
OURS, THEIRS, TUNED = "import_manifest", "django-import-export", "the same, tuned"
RATIOS: Final = (Ratio("vs_import_export", OURS, THEIRS, 40), Ratio("vs_tuned", OURS, TUNED, None))
# Files of these lengths show whether memory grows with the file.
SHORT, LONG = 10_000, 100_000
MOST_GROWTH_MIB: Final = 5
_MIB: Final = 1024 * 1024


def run(wishes: Wishes) -> Figures:
    """:raises Different: when the variants leave other rows"""
    figures = Figures("import", wishes.n, "rows", RATIOS)
    part = min(wishes.n, MOST_ROWS)
    figures.notes.append(
        f"{THEIRS}: the first {part:,} rows of the file; tuned: bulk_create for what is many"
    )
    file, part_file = manifest_of(wishes.folder, wishes.n), manifest_of(wishes.folder, wishes.n, first=part)
    variants: list[tuple[str, int, Callable[[], None]]] = [
        (OURS, wishes.n, partial(_command, file)),
        (THEIRS, part, partial(_resource, ManifestResource, part_file)),
        (TUNED, part, partial(_resource, TunedResource, part_file)),
    ]
    with arena.template() as template:
        rows.world()
        arena.tidy()
        expected = _expected(template, part_file)
        for variant, count, do in variants * wishes.repeats:
            with arena.copy(template, role=arena.WORKER):
                figures.add(variant, count / _timed(do))
                if variant != OURS:
                    _check(variant, _outcome(), expected)
        if wishes.memory:
            _add_memory(figures, template, wishes.folder)
    return figures


def _expected(template: Database, file: Path) -> "Outcome":
    """Import the part unmeasured, as everybody's first time."""
    with arena.copy(template, role=arena.WORKER):
        _command(file)
        return _outcome()


def manifest_of(folder: Path, count: int, *, first: int | None = None) -> Path:
    """Write a manifest of the demonstration's kind: nine lines a parcel, in three languages."""
    path = folder / f"{count}-{first or count}.csv"
    # As in the demonstration, one sender in twenty has two relatives held.
    made = manifest.rows(SEED, count, count - count // 20)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, manifest.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(islice(made, first))
    return path


def _timed(do: Callable[[], None]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _command(file: Path) -> None:
    call_command("import_manifest", str(file), round="bench", stdout=io.StringIO())


def _resource(resource: type[ManifestResource], file: Path) -> None:
    dataset = CSV().create_dataset(file.read_text(encoding="utf-8"))
    round_ = Round.objects.get(reference="bench")
    result = resource().import_data(dataset, round=round_, now=timezone.now())
    for number, errors in result.row_errors():
        raise Different(
            f"{resource.__name__} refused row {number}, that {OURS} takes: {errors[0].error!r}"
        ) from errors[0].error
    if result.has_errors() or result.has_validation_errors():
        raise Different(f"{resource.__name__} refused rows that {OURS} takes.")


# All that an import leaves, but for what is random: keys, seeds, codes and what is sealed.
_LEFT: Final = {
    "people": "SELECT kind, count(*) AS these FROM people_person JOIN people_personkey ON person_id = id"
    " GROUP BY kind",
    "facts": "SELECT kind, length(sealed) FROM people_fact",
    "name keys": "SELECT key FROM people_namekey",
    "parcels": "SELECT external_id, round_id, organisation_id, length(content_hash), status, last_number,"
    " holder_id,"
    " declared_mass_g, gross_mass_g, length(sealed_relationship) FROM parcels_parcel",
    "lines": "SELECT p.external_id, l.number, length(sealed_description), category, also, exact, quantity,"
    " unit_mass_g, fate FROM parcels_line l JOIN parcels_parcel p ON p.id = parcel_id",
    "movements": "SELECT p.external_id, m.number, from_status, move, m.status, m.organisation_id, actor,"
    " details FROM parcels_movement m JOIN parcels_parcel p ON p.id = parcel_id",
    "publications": "SELECT p.external_id, n.number FROM parcels_publication n"
    " JOIN parcels_parcel p ON p.id = parcel_id",
}

Outcome = dict[str, tuple[Any, ...]]


def _outcome() -> Outcome:
    with connection.cursor() as cursor:
        found = {}
        for kind, left in _LEFT.items():
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ({left}) t")
            found[kind] = cursor.fetchone()
        return found


def _check(variant: str, found: Outcome, expected: Outcome) -> None:
    if different := [kind for kind in expected if found[kind] != expected[kind]]:
        raise Different(f"{variant} left other {', '.join(different)} than {OURS}.")


def _add_memory(figures: Figures, template: Database, folder: Path) -> None:
    """Note the peak of a process that imports a short file, and how far a long one goes beyond it."""
    peaks = {}
    for count in (SHORT, LONG):
        file = manifest_of(folder, count)
        with arena.copy(template, role=arena.WORKER) as database:
            command = [sys.executable, "-m", "config.bench.memory", str(file)]
            environment = database.environment(arena.WORKER)
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603
            peaks[count] = int(done.stdout.split()[-1]) / _MIB
    growth = peaks[LONG] - peaks[SHORT]
    figures.more["memory_mib"] = {
        **{str(count): round(peak, 1) for count, peak in peaks.items()},
        "growth": round(growth, 1),
    }
    met = "met" if growth <= MOST_GROWTH_MIB else "MISSED"
    figures.notes.append(
        f"peak memory at {SHORT:,} rows {peaks[SHORT]:.1f} MiB, at {LONG:,} rows {growth:+.1f} MiB;"
        f" at most {MOST_GROWTH_MIB} more: {met}"
    )
