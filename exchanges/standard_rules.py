"""The rules a new agreement's terms start from. They are nobody's rules in force."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("standard_rules.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardRule:
    category: str
    verdict: str
    max_count: int | None
    """Pieces a parcel."""
    max_mass_g: int | None
    """Grams a parcel."""
    reason_code: str
    basis: str
    """GC III, GC IV, or empty."""
    name_ru: str
    name_uk: str
    name_en: str
    internal_reason: str
    family_reason_ru: str
    family_reason_uk: str
    family_reason_en: str


@cache
def load() -> tuple[StandardRule, ...]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file))


def _rule(row: dict[str, str]) -> StandardRule:
    limits = {limit: _number(row.pop(limit)) for limit in ("max_count", "max_mass_g")}
    return StandardRule(**row, **limits)  # type: ignore[arg-type]  # the header is the field list


def _number(text: str) -> int | None:
    return int(text) if text else None
