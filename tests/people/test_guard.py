"""What was stated is never changed, by nobody: the owner of the tables included."""

from datetime import date

import psycopg
import pytest

from people import consents, detention, kinship, situations, withholding
from people.access import Tie
from tests.databases import Database
from tests.factories import NOON, registered, world

NEVER_CHANGED = ("people_fact", "people_detention")
APPEND_ONLY = ("people_situationevent", "people_kinship", "people_consent", "people_withholding")


def test_statements_stand_for_their_owner_too(committed_db: Database) -> None:
    w = world()
    parcel, gita = registered(w), w.act(w.gita)
    (event,) = situations.record_for(
        [parcel.recipient_id], "held", date(2026, 11, 1), "neutral", source_id=w.harbour.pk, document="N",
        by=gita, now=NOON,
    )  # fmt: skip
    withholding.keep_back(event, "own_wish", date(2026, 12, 1), by=gita, now=NOON)
    kinship.record_kinship(
        parcel.sender, parcel.recipient, "parent", "own_word", document="", source_id=w.north.pk, by=gita,
        now=NOON,
    )  # fmt: skip
    consents.give(
        parcel.sender, "correspondence", text_version="1", language="uk", channel="phone", by=gita, now=NOON
    )
    told = detention.Stated("Camp Seven", "2026", "", "one_side", w.south.pk)
    detention.state(parcel.recipient, told, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)

    with psycopg.connect(committed_db.owner_url, autocommit=True) as connection:
        for table in (*NEVER_CHANGED, *APPEND_ONLY):
            with pytest.raises(psycopg.DatabaseError):
                connection.execute(f"UPDATE {table} SET recorded_at = now()")  # type: ignore[arg-type]
            with pytest.raises(psycopg.DatabaseError):
                connection.execute(f"TRUNCATE {table} CASCADE")  # type: ignore[arg-type]
        for table in APPEND_ONLY:
            with pytest.raises(psycopg.DatabaseError):
                connection.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
