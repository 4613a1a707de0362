"""What may be done with whose data now: a withdrawal, an objection or a restriction stops a purpose."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final, NamedTuple

from django.db import connection

from people.models import Person, Restriction

# Of each mark the last row counts, and of each consent. What rests on no consent has no row of one.
_STOPPED: Final = """
SELECT person_id FROM (
    SELECT DISTINCT ON (person_id, mark) person_id, lifted FROM people_restriction
     WHERE person_id = ANY(%s) AND (mark = 'restriction' OR (mark = 'objection' AND purpose = %s))
     ORDER BY person_id, mark, id DESC) AS marks
 WHERE NOT lifted
UNION
SELECT person_id FROM (
    SELECT DISTINCT ON (person_id) person_id, given FROM people_consent
     WHERE person_id = ANY(%s) AND purpose = %s ORDER BY person_id, id DESC) AS words
 WHERE NOT given
"""


def stopped(person_ids: Collection[int], purpose: str) -> set[int]:
    """Return those of them whose data is not used for this purpose now, in one query."""
    ids = list(person_ids)
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_STOPPED, [ids, str(purpose), ids, str(purpose)])
        return {person for (person,) in cursor.fetchall()}


class Marks(NamedTuple):
    """The marks on a person that are in force."""

    rows: list[Restriction]

    @property
    def is_restricted(self) -> bool:
        return any(row.mark == Restriction.Mark.RESTRICTION for row in self.rows)

    def has(self, mark: str, purpose: str = "") -> bool:
        return any((row.mark, row.purpose) == (mark, purpose) for row in self.rows)


def marks_of(person: Person, today: date) -> Marks:
    last = (
        person.restrictions.select_related("recorded_by", "request")
        .order_by("mark", "purpose", "-pk")
        .distinct("mark", "purpose")
    )
    return Marks([row for row in last if not row.lifted and (row.until_on is None or row.until_on >= today)])
