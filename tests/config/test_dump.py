"""What somebody who carries the database away can read of people: nothing."""

import re

import psycopg
import pytest
from django.conf import settings

from parcels import codes
from parcels.declarations import DeclaredLine
from parcels.models import Note
from people import vault
from people.actions import Telling
from people.queries import key_of
from tests.databases import Database
from tests.factories import registered, world

CANARIES = (
    "Zolotareva",
    "Золотарёва",
    "+999555010",
    "canary@example.org",
    "Marusia",
    "S-CANARY",
    "1987-06-05",
)


def dump(url: str) -> bytes:
    """Return every row of every table as text, and what its bytes say."""
    found = b""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for data in copy:
                    text = bytes(data)
                    found += text
                    found += b"".join(
                        bytes.fromhex(value.decode())
                        for value in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", text)
                    )
    return found


@pytest.mark.usefixtures("committed_db")
def test_dump_names_nobody_and_opens_nothing(committed_db: Database) -> None:
    w = world()
    parcel = registered(
        w,
        sender=Telling(
            "sender", "Zolotareva Marusia", contact={"phone": "+999555010", "email": "canary@example.org"}
        ),
        recipient=Telling("prisoner", "Золотарёва Паша", "1987-06-05", "S-CANARY"),
        lines=(DeclaredLine("letter from Marusia", 1, 20),),
        relationship="sister of Marusia",
    )  # fmt: skip
    Note.objects.create(
        parcel=parcel, person=parcel.sender, organisation=w.north, written_by=w.gita,
        sealed=vault.seal(key_of(parcel.sender_id), "Marusia called", place="parcels.note"),
    )  # fmt: skip
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))

    taken = dump(committed_db.owner_url)

    assert parcel.number.encode() in taken  # the dump holds what it should
    assert [canary for canary in CANARIES if canary.encode() in taken] == []
    assert [form for form in (code, code.replace("-", "")) if form.encode() in taken] == []
