"""What the database itself refuses, tried as the role of a web process."""

import pytest
from django.db import DatabaseError, connection, transaction

from parcels.lifecycle import edges
from parcels.models import Movement, Parcel
from tests.factories import World, accepted, cleared, registered, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def sql() -> object:
    def run(statement: str, *values: object) -> None:
        """Run as the web role; deferred checks, which a commit would make, are made at once."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("lifeline_web",)
            cursor.execute(statement, list(values))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return run


def refuse(sql: object, parcel: Parcel, statement: str, *values: object) -> None:
    before = kept(parcel)

    with pytest.raises(DatabaseError):
        sql(statement, *values)  # type: ignore[operator]

    assert kept(parcel) == before


def kept(parcel: Parcel) -> tuple[object, ...]:
    return Parcel.objects.values().get(pk=parcel.pk), list(parcel.movements.order_by("number").values())


_MOVE = (
    "INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,"
    " organisation_id, actor, details) SELECT id, %s, %s, %s, %s, now(), now(), organisation_id, 'staff', '{}'"
    " FROM parcels_parcel WHERE id = %s"
)


def test_edges_in_the_database_are_those_of_the_lifecycle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT from_status, move, status FROM parcels_edge")
        assert set(cursor.fetchall()) == {(s.value, name, t.value) for s, name, t in edges()}


@pytest.mark.parametrize("status", ["cleared", "confirmed", "nonsense"])
def test_update_of_a_status_without_its_movement_is_refused(w: World, sql: object, status: str) -> None:
    parcel = accepted(w)

    refuse(sql, parcel, "UPDATE parcels_parcel SET status = %s WHERE id = %s", status, parcel.pk)


def test_update_of_status_and_number_without_the_movement_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(
        sql, parcel, "UPDATE parcels_parcel SET status = 'cleared', last_number = 3 WHERE id = %s", parcel.pk
    )


def test_update_back_to_an_earlier_movement_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(
        sql,
        parcel,
        "UPDATE parcels_parcel SET status = 'registered', last_number = 1 WHERE id = %s",
        parcel.pk,
    )


def test_movement_without_its_parcels_status_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(sql, parcel, _MOVE, 3, "accepted", "clear", "cleared", parcel.pk)


def test_illegal_movement_with_its_status_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(
        sql, parcel,
        f"WITH m AS ({_MOVE}) UPDATE parcels_parcel SET status = 'received', last_number = 3 WHERE id = %s",
        3, "accepted", "receive", "received", parcel.pk, parcel.pk,
    )  # fmt: skip


def test_movement_that_leaves_a_gap_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(
        sql, parcel,
        f"WITH m AS ({_MOVE}) UPDATE parcels_parcel SET status = 'cleared', last_number = 4 WHERE id = %s",
        4, "accepted", "clear", "cleared", parcel.pk, parcel.pk,
    )  # fmt: skip


def test_movement_that_starts_elsewhere_than_the_last_ended_is_refused(w: World, sql: object) -> None:
    parcel = accepted(w)

    refuse(
        sql, parcel,
        f"WITH m AS ({_MOVE}) UPDATE parcels_parcel SET status = 'cleared', last_number = 3 WHERE id = %s",
        3, "in_review", "clear", "cleared", parcel.pk, parcel.pk,
    )  # fmt: skip


def test_legal_movement_with_its_status_is_kept(w: World, sql: object) -> None:
    parcel = accepted(w)

    sql(  # type: ignore[operator]
        f"WITH m AS ({_MOVE}) UPDATE parcels_parcel SET status = 'cleared', last_number = 3 WHERE id = %s",
        3, "accepted", "clear", "cleared", parcel.pk, parcel.pk,
    )  # fmt: skip

    parcel.refresh_from_db()
    assert (parcel.status, parcel.last_number) == ("cleared", 3)


def test_correct_of_another_than_the_last_movement_is_refused(w: World, sql: object) -> None:
    parcel = cleared(w)

    refuse(
        sql, parcel,
        "WITH m AS (INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at,"
        " recorded_at, organisation_id, actor, details, corrects) SELECT id, 4, 'cleared', 'correct',"
        " 'accepted', now(), now(), organisation_id, 'staff', '{}', 2 FROM parcels_parcel WHERE id = %s)"
        " UPDATE parcels_parcel SET status = 'accepted', last_number = 4 WHERE id = %s",
        parcel.pk, parcel.pk,
    )  # fmt: skip


def test_insert_of_a_parcel_in_another_status_than_registered_is_refused(w: World, sql: object) -> None:
    parcel = registered(w)
    count = Parcel.objects.count()

    refuse(
        sql, parcel,
        "WITH made AS (INSERT INTO parcels_parcel (number, round_id, organisation_id, sender_id, recipient_id,"
        " content_hash, status, last_number, status_since, seed, code_key_version, frozen, flagged)"
        " SELECT 'PZ000000015ZZ', round_id, organisation_id, sender_id, recipient_id, content_hash,"
        " 'cleared', 1, now(), seed, 1, false, false FROM parcels_parcel WHERE id = %s RETURNING id, organisation_id)"
        " INSERT INTO parcels_movement (parcel_id, number, move, status, happened_at, recorded_at,"
        " organisation_id, actor, details)"
        " SELECT id, 1, 'register', 'cleared', now(), now(), organisation_id, 'staff', '{}' FROM made",
        parcel.pk,
    )  # fmt: skip

    assert Parcel.objects.count() == count


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "ALTER TABLE parcels_movement DISABLE TRIGGER ALL",
        "ALTER TABLE parcels_movement DROP CONSTRAINT movement_is_an_edge",
        "DROP TRIGGER no_step_back ON parcels_parcel",
        "CREATE OR REPLACE FUNCTION parcels_no_step_back() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        "INSERT INTO parcels_edge VALUES ('accepted', 'receive', 'received')",
        "SET ROLE lifeline_owner",
        "RESET ROLE; SELECT 1 FROM parcels_movement; ALTER TABLE parcels_movement DISABLE TRIGGER ALL",
    ],
)
def test_switching_the_check_off_is_refused(w: World, sql: object, statement: str) -> None:
    parcel = accepted(w)

    refuse(sql, parcel, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parcels_movement SET details = '{\"changed\": true}'",
        "UPDATE parcels_movement SET happened_at = now()",
        "DELETE FROM parcels_movement WHERE number = 2",
        "TRUNCATE parcels_movement CASCADE",
        "DELETE FROM parcels_publication",
        "UPDATE parcels_publication SET public_from = now()",
        "DELETE FROM parcels_parcel",
        "UPDATE parcels_finding SET code = 'OK'",
    ],
)
def test_changing_what_was_recorded_is_refused(w: World, sql: object, statement: str) -> None:
    refuse(sql, accepted(w), statement)


def test_owner_too_cannot_change_movements(w: World) -> None:
    parcel = accepted(w)
    kept = list(Movement.objects.order_by("pk").values())

    for statement in ("UPDATE parcels_movement SET move = move", "DELETE FROM parcels_movement"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'append_only' LIMIT 1")
            assert cursor.fetchone() == ("A",)
            with pytest.raises(DatabaseError):
                cursor.execute(statement)
            transaction.set_rollback(True)

    assert list(Movement.objects.order_by("pk").values()) == kept
    assert parcel.last_number == 2
