"""The result file: a line for each row of the manifest, without a name or any other personal value."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from people.spreadsheets import Sheet
from people.tables import Unreadable

COLUMNS: Final = ("row", "external_id", "status", "number", "errors")


def beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.result.csv")


class Results:
    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.begin()

    def begin(self) -> None:
        """Start, or start anew: what was judged before is no longer so."""
        self._file.seek(0)
        self._file.truncate()
        self._sheet = Sheet(self._file, COLUMNS)

    def add(self, row: int, external_id: str, status: str, number: str | None, errors: list[str]) -> None:
        self._sheet.add((row, external_id, status, number or "", "; ".join(errors)))


@contextmanager
def kept(path: Path) -> Iterator[Results]:
    """Write a draft, and put it in its place only if all went well.

    :raises Unreadable: when there is no room for it beside the manifest
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        opened = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise Unreadable(f"The result file cannot be written beside the manifest: {why}.") from None
    try:
        with open(opened, "w", encoding="utf-8", newline="") as file:
            yield Results(file)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
