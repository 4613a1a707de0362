"""The words of a subject file in each language, as data: whoever translates them edits one table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("words.csv")


class Words:
    """The words of one language. A code without a word is shown as it is kept."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = table()[language]

    def __getitem__(self, code: str) -> str:
        return self._words.get(code, code.replace("_", " "))

    def yes_or_no(self, answer: bool | None) -> str:
        return self["unknown"] if answer is None else self["yes" if answer else "no"]


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return language → code → word."""
    with _TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {language: {row["code"]: row[language] for row in rows} for language in ("en", "ru", "uk")}
