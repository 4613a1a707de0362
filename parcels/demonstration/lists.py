"""Reads the lists beside this file, and draws from what was read."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

LANGUAGES = ("ru", "uk", "en")


def table(name: str) -> Iterator[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def ways(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What stands between bars in the column of each language: ways of saying the same."""
    return {language: tuple(row[language].split("|")) for language in LANGUAGES}


def weighted(drawn: Random, weights: Mapping[str, float]) -> str:
    return drawn.choices(list(weights), list(weights.values()))[0]
