"""Matching: look-ups among half a million people, an import matched against them, two lists compared."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import mean
from typing import Final

from django.core.management import call_command
from django.db import connection, transaction

from config.bench import arena, rows, two_lists
from config.bench.figures import Different, Figures, Wishes
from config.bench.made_up import Human, MadeUp, Noise
from parcels import workers
from parcels.demonstration import manifest
from people import lists, matching
from people.actions import Telling, record_people
from people.models import Person
from people.resemblance import Described, compare

SEED: Final = 23
ROWS: Final = 2_000
LOOK_UPS: Final = 2_000
ON_A_LIST: Final = 5_000
_CHUNK: Final = 5_000
# As a family or another office writes whom we know already, and as it is on record.
_RECORDED: Final = Noise(no_patronymic=0.05, year_only=0.02, no_date=0.02)
_ASKED: Final = Noise(
    typo=0.1, swapped_date=0.02, other_digit=0.01, year_only=0.02, no_date=0.03, no_patronymic=0.1,
    initials=0.03, other_order=0.2,
)  # fmt: skip
LOOKED_UP, IMPORTED, COMPARED = (
    "look-ups, one at a time",
    "rows imported and matched",
    "list entries compared",
)


def run(wishes: Wishes) -> Figures:
    """:raises Different: when somebody was joined with somebody else"""
    figures = Figures("match", wishes.n, "rows", ())
    population = MadeUp(SEED)
    with arena.template() as template:
        world = rows.world()
        began = time.perf_counter()
        known = _fill(population, wishes.n, world.sending_id)
        figures.more["fill_s"] = round(time.perf_counter() - began, 1)
        arena.tidy()
        file, truth = _manifest(wishes.folder, population, known)
        for run in range(wishes.repeats):
            with arena.copy(template, role=arena.WORKER):
                if run == 0:
                    _look_up(figures, population, known)
                _import(figures, file, truth)
    _compare(figures, wishes.repeats)
    return figures


def _fill(population: MadeUp, count: int, office: int) -> dict[int, Human]:
    """Record them as the product does, each sealed under a key of their own; return a few by their id."""
    kept: dict[int, Human] = {}
    every = max(1, count // (ROWS + LOOK_UPS))
    people = _people(population, count)
    while chunk := list(islice(people, _CHUNK)):
        tellings = [telling for _, telling in chunk]
        with transaction.atomic():
            recorded = record_people(tellings, organisation_id=office, now=rows.BEGAN)
            matching.file_keys(
                (person.id, _told(telling)) for person, telling in zip(recorded, tellings, strict=True)
            )
        kept |= {person.id: human for person, (human, _) in list(zip(recorded, chunk, strict=True))[::every]}
    Person.objects.update(matched_at=rows.BEGAN)
    return kept


def _people(population: MadeUp, count: int) -> Iterator[tuple[Human, Telling]]:
    for number in range(count):
        human = population.human()
        name, born = population.written(human, "uk" if number % 2 else "ru", _RECORDED)
        yield human, Telling("prisoner", name, born or None)


def _told(telling: Telling) -> Described:
    return Described((telling.name,), (telling.birth_date,) if telling.birth_date else ())


def _look_up(figures: Figures, population: MadeUp, known: dict[int, Human]) -> None:
    """Half of those asked for are on record; candidates are found, opened and decided on, one at a time."""
    draw = Random(SEED)  # noqa: S311  nothing secret
    asked = [(pk, human) for pk, human in islice(known.items(), LOOK_UPS // 2)]
    asked += [(0, population.human()) for _ in range(LOOK_UPS - len(asked))]
    took, counts, found = [], [], 0
    for pk, human in asked:
        name, born = population.written(human, draw.choice(("ru", "uk", "latin")), _ASKED)
        told = Described((name,), (born,) if born else ())
        began = time.perf_counter()
        near = matching.candidates([(0, told)]).get(0, set())
        for record in matching.opened(near).values():
            compare(told, record.told)
        took.append(time.perf_counter() - began)
        counts.append(len(near))
        found += pk in near
    figures.add(LOOKED_UP, len(took) / sum(took))
    took.sort()
    counts.sort()
    p99 = len(took) * 99 // 100
    known_asked = sum(pk > 0 for pk, _ in asked)
    figures.more["look_up"] = {
        "candidates_mean": round(mean(counts), 1), "candidates_p99": counts[p99],
        "candidates_most": counts[-1],
        "p50_ms": round(1000 * took[len(took) // 2], 2), "p99_ms": round(1000 * took[p99], 2),
        "found_among_candidates": round(found / known_asked, 4),
    }  # fmt: skip
    figures.notes.append(
        f"look-up: {mean(counts):.1f} candidates (p99 {counts[p99]}), p50 {1000 * took[len(took) // 2]:.1f}"
        f" ms, p99 {1000 * took[p99]:.1f} ms; of those on record {found / known_asked:.1%} are among them"
    )


def _manifest(folder: Path, population: MadeUp, known: dict[int, Human]) -> tuple[Path, dict[str, int]]:
    """Write a file of parcels, half of them for people on record; return it and who is whom."""
    path, truth = folder / "matched.csv", {}
    asked = list(known.items())[-ROWS // 2 :]
    draw = Random(SEED)  # noqa: S311  nothing secret
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, manifest.COLUMNS, lineterminator="\n")
        writer.writeheader()
        for place, row in enumerate(islice(manifest.rows(SEED, ROWS, ROWS - ROWS // 20), ROWS)):
            pk, human = asked[place // 2] if place % 2 == 0 else (0, population.human())
            name, born = population.written(human, draw.choice(("ru", "uk", "latin")), _ASKED)
            writer.writerow(
                {**row, "prisoner_name": name, "prisoner_birth_date": born, "prisoner_service_number": ""}
            )
            truth[row["external_id"]] = pk
    return path, truth


def _import(figures: Figures, file: Path, truth: dict[str, int]) -> None:
    began = time.perf_counter()
    call_command("import_manifest", str(file), round="bench", stdout=io.StringIO())
    imported = time.perf_counter()
    matched = workers.drain("match")
    ended = time.perf_counter()
    figures.add(IMPORTED, len(truth) / (ended - began))
    known, joined, asked = _outcome(truth)
    if wrong := sum(pk != other for pk, other in joined):
        raise Different(f"{wrong} were joined with somebody else.")
    namesakes = sum(pk != other for pk, other in known)
    times: dict[str, list[float]] = figures.more.setdefault("import_s", {"import": [], "match": []})  # type: ignore[assignment]
    times["import"].append(round(imported - began, 2))
    times["match"].append(round(ended - imported, 2))
    on_record = sum(pk > 0 for pk in truth.values())
    figures.more["import_joined"] = {
        "on_record": on_record, "known_at_once": len(known), "new_records": matched, "joined": len(joined),
        "asked": asked, "wrongly_joined": 0, "told_as_a_namesake_is": namesakes,
    }  # fmt: skip
    figures.notes.append(
        f"{len(truth):,} rows: imported in {imported - began:.1f} s, {matched:,} new records matched in"
        f" {ended - imported:.1f} s more; of {on_record:,} on record {len(known):,} told alike were known at"
        f" once ({namesakes} of them told in all as a namesake is), {len(joined):,} joined by themselves,"
        f" none wrongly; {asked:,} questions"
    )


Ends = list[tuple[int, int]]


def _outcome(truth: dict[str, int]) -> tuple[Ends, Ends, int]:
    """Return (who it is, with whom joined) by identity and by a match, and how many questions there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.external_id, p.recipient_id FROM parcels_parcel p"
            "  JOIN people_person r ON r.id = p.recipient_id WHERE r.recorded_at = %s",
            [rows.BEGAN],
        )
        known = [(truth[external_id], person) for external_id, person in cursor.fetchall()]
        cursor.execute(
            "SELECT p.external_id, s.person_id FROM people_matchstatement s"
            "  JOIN parcels_parcel p ON p.recipient_id = s.other_id"
            "  JOIN people_person r ON r.id = s.person_id WHERE r.recorded_at = %s",
            [rows.BEGAN],
        )
        joined = [(truth[external_id], person) for external_id, person in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM people_possiblematch WHERE settled_at IS NULL")
        (asked,) = cursor.fetchone()
    return known, joined, asked


def _compare(figures: Figures, repeats: int) -> None:
    ours, theirs = two_lists.two_lists(ON_A_LIST, SEED)
    for _ in range(repeats):
        began = time.perf_counter()
        found = lists.compared([entry.told for entry in ours], [entry.told for entry in theirs])
        figures.add(COMPARED, ON_A_LIST / (time.perf_counter() - began))
    score = two_lists.score(ours, theirs, found)
    figures.more["lists"] = {key: round(value, 4) for key, value in score._asdict().items()}
    figures.notes.append(
        f"two lists of {ON_A_LIST:,}: precision {score.precision:.4f}, recall {score.recall:.4f};"
        f" with the {score.questions} questions to people {score.recall_with_questions:.4f}"
    )
