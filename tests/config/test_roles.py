"""The tests' own ground: which role they stand in."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from config import privileges
from tests.databases import Database, as_role


def _who() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        row: tuple[str, str] = cursor.fetchone()
        return row


@pytest.mark.django_db
def test_tests_run_as_plain_login_in_web_role() -> None:
    assert _who() == ("lifeline_web", "lifeline_app")


@pytest.mark.django_db
def test_nothing_is_left_unprotected() -> None:
    assert privileges.shortcoming() is None


@pytest.mark.django_db
def test_as_role_changes_role_and_changes_it_back() -> None:
    with as_role("lifeline_stats"):
        assert _who()[0] == "lifeline_stats"
    assert _who()[0] == "lifeline_web"


@pytest.mark.django_db
def test_as_role_survives_a_refusal() -> None:
    with (
        as_role("lifeline_stats"),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM people_staff")
    assert _who()[0] == "lifeline_web"


def test_committed_database_is_seen_from_outside(committed_db: Database) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lifeline.test', 'x', false)")
        cursor.execute("INSERT INTO django_session VALUES ('olha', '', now())")
    with psycopg.connect(committed_db.owner_url) as owner:
        assert owner.execute("SELECT session_key FROM django_session").fetchall() == [("olha",)]
