"""What was wrapped by the key-encryption key itself is sealed under data keys, and bound to its row.

So its rotation touches keys alone. Called once, by a migration, as the owner: whatever is told of exchanges
of prisoners is seen by those named on them, and by no worker.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from people import vault
from people.datakeys import PLACE, row_of


class Column(NamedTuple):
    """One that was wrapped: where it belonged, and belongs, and whose key it is sealed under now."""

    table: str
    column: str
    was: str
    place: str
    kind: str
    subject: str
    """SQL for the key's subject, of a row named t."""
    only: str = "true"
    is_text: bool = True


_OF_EXCHANGE: Final = "(SELECT organisation_id FROM exchanges_exchange WHERE id = t.exchange_id)"
_PRISONERS: Final = "exchanges.prisoners"
_VISIT: Final = "exchanges.visit.place"
_TITLE: Final = "exchanges.return.title"
_REGION: Final = "exchanges.return.region"
_SCOPE: Final = "exchanges.count.scope"
COLUMNS: Final = (
    Column(
        "exchanges_round", "sealed_key", "exchanges.round", "exchanges.round", "round", "t.id", is_text=False
    ),
    Column("exchanges_visit", "sealed_place", _VISIT, _VISIT, "visit", "t.id"),
    Column("exchanges_return", "sealed_title", _TITLE, _TITLE, "return", "t.id"),
    Column("exchanges_return", "sealed_region", _REGION, _REGION, "return", "t.id"),
    Column("exchanges_count", "sealed_scope", _SCOPE, _SCOPE, "return", "t.group_id"),
    Column(
        "exchanges_claim", "sealed_words", "exchanges.claim", "exchanges.claim", "claims",
        "t.organisation_id", "t.person_id IS NULL",
    ),
    Column(
        "exchanges_assessment", "sealed_note", "exchanges.assessment", "exchanges.assessment", "claims",
        "t.organisation_id", "(SELECT person_id IS NULL FROM exchanges_claim WHERE id = t.claim_id)",
    ),
    Column(
        "exchanges_exchange", "sealed_title", _PRISONERS, "exchanges.exchange.title", "prisoners",
        "t.organisation_id",
    ),
    Column("exchanges_stage", "sealed_place", _PRISONERS, "exchanges.stage.place", "prisoners", _OF_EXCHANGE),
    Column(
        "exchanges_prisonerlist", "sealed_note", _PRISONERS, "exchanges.prisonerlist.note", "prisoners",
        _OF_EXCHANGE,
    ),
    Column(
        "exchanges_listedstep", "sealed_note", _PRISONERS, "exchanges.listedstep.note", "prisoners",
        _OF_EXCHANGE,
    ),
)  # fmt: skip


class Personal(NamedTuple):
    """A column sealed under a person's key, of a table that is none of the workers'."""

    table: str
    column: str
    place: str
    person: str
    """SQL for the person, of a row named t."""


_MEMBER: Final = "(SELECT person_id FROM exchanges_returnperson WHERE id = t.member_id)"
_CLAIMED: Final = "(SELECT person_id FROM exchanges_claim WHERE id = t.claim_id)"
OF_PEOPLE: Final = (
    Personal("people_detention", "sealed_place", "people.detention", "t.person_id"),
    Personal("exchanges_wish", "sealed_words", "exchanges.wish", _MEMBER),
    Personal("exchanges_whereabouts", "sealed_place", "exchanges.whereabouts", _MEMBER),
    Personal("exchanges_claim", "sealed_words", "exchanges.claim", "t.person_id"),
    Personal("exchanges_assessment", "sealed_note", "exchanges.assessment", _CLAIMED),
    Personal("exchanges_reportedperson", "sealed_words", "exchanges.visit.words", "t.person_id"),
)


def seal_under_data_keys(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        for column in COLUMNS:
            if anew := list(_anew(cursor, column)):
                with unguarded(cursor, column.table):
                    statement = f"UPDATE {column.table} SET {column.column} = %s WHERE id = %s"
                    cursor.executemany(statement, [(sealed, pk) for pk, sealed in anew])
        for personal in OF_PEOPLE:
            _bind(cursor, personal)
        _proposed(cursor)


def _bind(cursor: Any, column: Personal) -> None:
    """Bind what is sealed under a person's key to its row; who was erased has no key, and stays as it is."""
    cursor.execute(
        f"SELECT t.id, t.{column.column}, k.person_id, k.wrapped FROM {column.table} t"
        f" JOIN people_personkey k ON k.person_id = {column.person}"
        f" WHERE length(t.{column.column}) > 0 AND get_byte(t.{column.column}, 0) = 1"
    )
    anew = []
    for pk, kept, person, wrapped in cursor.fetchall():
        key = vault.unwrap(wrapped, row=person)
        text = vault.unseal(key, kept, place=column.place, row=pk)
        anew.append((vault.seal(key, text, place=column.place, row=pk), pk))
    if anew:
        with unguarded(cursor, column.table):
            cursor.executemany(f"UPDATE {column.table} SET {column.column} = %s WHERE id = %s", anew)


@contextmanager
def unguarded(cursor: Any, table: str) -> Iterator[None]:
    """Let rows be changed that stand as they were told, and put every guard back as it was."""
    cursor.execute(
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        " AND tgenabled <> 'D'",
        [table],
    )
    guards = cursor.fetchall()
    for name, _ in guards:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    yield
    for name, mode in guards:
        cursor.execute(f"ALTER TABLE {table} ENABLE {'ALWAYS ' if mode == 'A' else ''}TRIGGER {name}")


def _anew(cursor: Any, column: Column) -> Iterator[tuple[int, bytes]]:
    cursor.execute(
        f"SELECT t.id, t.{column.column}, {column.subject} FROM {column.table} t"
        f" WHERE {column.only} AND length(t.{column.column}) > 0 AND get_byte(t.{column.column}, 0) = 1"
    )
    for pk, kept, subject in cursor.fetchall():
        plain = vault.unwrap(kept, place=column.was, row=pk)
        text = plain.decode() if column.is_text else plain.hex()
        key = _key(cursor, column.kind, subject)
        yield pk, vault.seal(key, text, place=column.place, row=pk)


def _key(cursor: Any, kind: str, subject: int) -> bytes:
    cursor.execute("SELECT wrapped FROM people_datakey WHERE (kind, subject) = (%s, %s)", [kind, subject])
    if found := cursor.fetchone():
        return vault.unwrap(found[0], place=PLACE, row=row_of(kind, subject))
    fresh = vault.new_key(row_of(kind, subject), place=PLACE)
    cursor.execute(
        "INSERT INTO people_datakey (kind, subject, wrapped, kek_version) VALUES (%s, %s, %s, %s)",
        [kind, subject, fresh.wrapped, fresh.kek_version],
    )
    return fresh.plain


def _proposed(cursor: Any) -> None:
    """The title of an exchange that is only proposed waits in its proposal."""
    cursor.execute(
        "SELECT id, subject, organisation_id, details ->> 'sealed_title' FROM people_approval"
        " WHERE details ? 'sealed_title' AND decision IS NULL"
    )
    rows = cursor.fetchall()
    for pk, exchange, office, kept in rows:
        title = vault.unwrap(b64decode(kept), place=_PRISONERS, row=exchange).decode()
        key = _key(cursor, "prisoners", office)
        sealed = vault.seal(key, title, place="exchanges.exchange.title", row=exchange)
        with unguarded(cursor, "people_approval"):
            cursor.execute(
                "UPDATE people_approval"
                " SET details = jsonb_set(details, '{sealed_title}', to_jsonb(%s::text)) WHERE id = %s",
                [b64encode(sealed).decode(), pk],
            )
