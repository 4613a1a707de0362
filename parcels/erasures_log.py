"""Who was erased, in a file outside the database and its backups: a restored one is erased again by it.

One JSON object a line: when, which records by their references, which entries of lists by list and row, by
which rule. It names nobody, and it is only ever added to. Keep it where the database's backups are not.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from people.models import ListEntry, Person

NAME: Final = "erasures.log"


class Line(NamedTuple):
    people: list[str]
    entries: list[tuple[str, int]]
    rule: str


def path() -> Path:
    return Path(settings.DATA) / NAME


def add(people: Iterable[int], entries: Iterable[int], *, rule: str) -> None:
    """Write one line and make sure that it is on the disk.

    :raises OSError: if it cannot be written: nobody is erased then
    :raises LookupError: if one of them is not to be seen: a line that left them out would forget them
    """
    _append(json.dumps(_line(set(people), set(entries), rule)))


def _line(people: set[int], entries: set[int], rule: str) -> dict[str, object]:
    references = list(Person.objects.filter(pk__in=people).order_by("pk").values_list("reference", flat=True))
    rows = ListEntry.objects.filter(pk__in=entries).order_by("pk").values_list("list__reference", "number")
    places = [list(row) for row in rows]
    if (len(references), len(places)) != (len(people), len(entries)):
        raise LookupError("Not everybody who is to be erased is to be seen.")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": references,
        "entries": places,
        "rule": rule,
    }


def _append(text: str) -> None:
    file = os.open(path(), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(file).st_size
        # What a crash cut off stays a line of its own.
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        line = ("\n" if torn else "").encode() + f"{text}\n".encode()
        if os.write(file, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    finally:
        os.close(file)


def lines() -> Iterator[Line]:
    """Yield what was written, without lines that a crash cut off: nobody was erased by those.

    :raises ValueError: at a line that is none
    """
    if not path().exists():
        return
    for row in path().read_text().splitlines():
        if row.endswith("}"):
            told = json.loads(row)
            yield Line(told["people"], [(ref, int(number)) for ref, number in told["entries"]], told["rule"])


class Reapplied(NamedTuple):
    known: int
    """Records of the file that this database has."""
    erased: int
    """Those of them that were there again."""
    entries: int


def reapply() -> Reapplied:
    """Erase again whoever a restored backup brought back. Only the database's owner can.

    :raises django.db.Error: where this login is not the owner, or a parcel of theirs is on its way again
    """
    references, places, rules = set[str](), set[tuple[str, int]](), dict[str, str]()
    for line in lines():
        references.update(line.people)
        places.update(line.entries)
        rules |= dict.fromkeys(line.people, line.rule)
    known = dict(Person.objects.filter(reference__in=references).values_list("pk", "reference"))
    again = [pk for pk in known if pk in _left(list(known))]
    with transaction.atomic(), connection.cursor() as cursor:
        for pk in again:
            cursor.execute("SELECT lifeline_erase(%s, %s, NULL, NULL)", [[pk], rules[known[pk]]])
        cursor.execute(_EMPTY, [[ref for ref, _ in places], [number for _, number in places]])
        emptied = cursor.rowcount
    return Reapplied(len(known), len(again), emptied)


_EMPTY: Final = """
UPDATE people_listentry e SET wrapped = '', sealed = ''
  FROM people_prisonerlist l, unnest(%s::varchar[], %s::integer[]) AS told (list, number)
 WHERE l.id = e.list_id AND (l.reference, e.number) = (told.list, told.number) AND e.wrapped <> ''
"""
_LEFT: Final = """
SELECT k.person_id FROM people_personkey k WHERE k.person_id = ANY(%s)
UNION SELECT f.person_id FROM people_fact f WHERE f.person_id = ANY(%s)
"""


def _left(people: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [people, people])
        return {person for (person,) in cursor.fetchall()}
