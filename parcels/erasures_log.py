"""Who was erased, in a file outside the database and its backups: a restored one is erased again by it.

One JSON object a line: when, which records by their references, which entries of lists by list and row, by
which rule. It names nobody, and it is only ever added to. Keep it where the database's backups are not.
"""

from __future__ import annotations

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
    """
    rows = ListEntry.objects.filter(pk__in=list(entries)).values_list("list__reference", "number")
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": list(Person.objects.filter(pk__in=list(people)).values_list("reference", flat=True)),
        "entries": [list(row) for row in rows],
        "rule": rule,
    }
    line = (json.dumps(told) + "\n").encode()
    file = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)


def lines() -> Iterator[Line]:
    """Yield what was written; a last line that a crash cut off is left out.

    :raises ValueError: at a line that is none
    """
    if not path().exists():
        return
    rows = path().read_text().split("\n")
    for row in rows[:-1]:
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
