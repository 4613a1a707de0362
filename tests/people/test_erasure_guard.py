"""Only the owner's function takes anything away: neither role can, nor can it pretend to be that function."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django.utils import timezone

from config.privileges import TABLES
from people import requests
from people.models import Fact, PersonKey, Restriction, RetentionPeriod, RightsRequest
from people.requests import Asked
from tests.databases import Database, as_role
from tests.factories import NOON, World, registered, world

ROLES = ("lifeline_web", "lifeline_worker")
# What a purge may take away, and nobody else: neither role has the right to delete or to empty it. Hashes of
# names a worker makes anew when their key is rotated.
GUARDED = (
    "people_personkey", "people_fact", "people_detention", "people_situationevent",
    "people_kinship", "people_consent", "people_withholding", "people_matchstatement", "people_listentry",
    "people_auditentry", "people_rightsrequest", "people_restriction", "people_erasure",
    "people_retentionperiod", "people_purgerun", "people_purgecount", "exchanges_claim", "exchanges_wish",
    "exchanges_whereabouts", "exchanges_visitletter", "parcels_note", "parcels_movement",
)  # fmt: skip


@pytest.fixture
def w(db: None) -> World:
    return world()


def _refused(statement: str, *settings: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for setting in settings:
                cursor.execute(setting)
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
def test_roles_delete_nothing_of_people_also_with_the_marker(w: World, role: str) -> None:
    parcel = registered(w)
    marker = "SELECT set_config('lifeline.purge', 'on', true), set_config('lifeline.system', 'on', true)"
    with as_role(role):
        for table in GUARDED:
            assert _refused(f"DELETE FROM {table}"), table
            assert _refused(f"DELETE FROM {table}", marker), table
            assert _refused(f"TRUNCATE {table} CASCADE", marker), table
    assert Fact.objects.filter(person=parcel.sender).count() == 2
    assert PersonKey.objects.count() == 2


def test_no_guarded_table_gives_the_right_to_delete() -> None:
    assert [table for table in GUARDED if any("DELETE" in rights for rights in TABLES[table])] == []


def test_a_table_that_shadows_the_catalogue_fools_no_trigger(w: World) -> None:
    """A role may change approvals that are open, so only the trigger stands before those decided.

    A caller's own pg_class in front of the real one would say that the caller owns everything.
    """
    asked = Asked("erasure", "self", "counter", "paper", NOON)
    request = requests.record(registered(w).sender, asked, by=w.act(w.gita), now=NOON)
    proposal = requests.propose_refusal(request, "claim", by=w.act(w.gita), now=NOON)
    shadow = (
        "SELECT set_config('lifeline.purge', 'on', true)",
        "CREATE TEMP TABLE pg_class ON COMMIT DROP AS SELECT 'people_approval'::regclass::oid AS oid,"
        " current_user::regrole::oid AS relowner",
        "SET LOCAL search_path = pg_temp, public, pg_catalog",
    )
    for role in ROLES:
        with as_role(role):
            assert _refused(f"UPDATE people_approval SET subject = 0 WHERE id = {proposal.pk}", *shadow)
            assert _refused(
                f"UPDATE people_rightsrequest SET kind = 'access' WHERE id = {request.pk}", *shadow
            )
    proposal.refresh_from_db()
    assert proposal.subject == request.pk


def test_function_is_the_workers_alone(w: World) -> None:
    calls = (
        "SELECT lifeline_purge('senders', 1)", "SELECT lifeline_due('senders')",
        "SELECT lifeline_erase(ARRAY[1]::bigint[], 'x', NULL, NULL)",
    )  # fmt: skip
    with as_role("lifeline_web"):
        assert [_refused(call) for call in calls] == [True, True, True]
    with as_role("lifeline_worker"):
        assert [_refused(call) for call in calls] == [False, False, True]
    with as_role("lifeline_stats"):
        assert [_refused(call) for call in calls] == [True, True, True]


def test_worker_names_a_rule_and_never_a_row(w: World) -> None:
    with as_role("lifeline_worker"):
        assert _refused("SELECT lifeline_purge('everything', 1000)")
        assert _refused("SELECT lifeline_purge(NULL, 1000)")


def test_owner_deletes_nothing_in_passing(committed_db: Database) -> None:
    w = world()
    request = requests.record(
        registered(w).sender, Asked("restriction", "self", "phone", "known", NOON), by=w.act(w.gita), now=NOON
    )
    tables = ("people_restriction", "people_retentionperiod", "people_auditentry", "people_rightsrequest")
    with psycopg.connect(committed_db.owner_url, autocommit=True) as owner:
        for table in tables:
            with pytest.raises(psycopg.DatabaseError):
                owner.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
            with pytest.raises(psycopg.DatabaseError):
                owner.execute(f"TRUNCATE {table} CASCADE")  # type: ignore[arg-type]
    assert Restriction.objects.get().request == request


def test_request_stands_and_ends_once(w: World) -> None:
    asked = Asked("erasure", "self", "counter", "paper", NOON)
    request = requests.record(registered(w).sender, asked, by=w.act(w.gita), now=NOON)
    assert _refused("UPDATE people_rightsrequest SET kind = 'access'")
    # Done is what the purge alone says of an erasure.
    assert _refused("UPDATE people_rightsrequest SET outcome = 'done', ended_at = now()")
    assert _refused("UPDATE people_rightsrequest SET outcome = 'refused', ended_at = now(), reason = 'claim'")
    request.refresh_from_db()
    assert (request.kind, request.outcome) == ("erasure", None)


def test_days_cannot_be_set_by_one(w: World) -> None:
    before = RetentionPeriod.objects.count()
    with pytest.raises(DatabaseError, match="two officers"), transaction.atomic():
        RetentionPeriod.objects.create(rule="notes", days=1)
    assert RetentionPeriod.objects.count() == before


def test_erasure_of_who_has_a_parcel_on_its_way_is_refused_by_the_database(committed_db: Database) -> None:
    w = world()
    parcel = registered(w)
    with psycopg.connect(committed_db.owner_url) as owner, pytest.raises(psycopg.DatabaseError, match="way"):
        owner.execute("SELECT lifeline_erase(ARRAY[%s]::bigint[], 'x', NULL, NULL)", [parcel.sender_id])
    assert RightsRequest.objects.count() == 0
    assert PersonKey.objects.filter(pk=parcel.sender_id).exists()


def test_purge_leaves_no_marker_behind(w: World) -> None:
    registered(w)
    with as_role("lifeline_worker"), connection.cursor() as cursor:
        cursor.execute("SET lifeline.system = off")
        cursor.execute("SELECT lifeline_purge('senders', 10)")
        cursor.execute(
            "SELECT COALESCE(current_setting('lifeline.purge', true), ''),"
            " COALESCE(current_setting('lifeline.system', true), '')"
        )
        assert cursor.fetchone() == ("", "off")
        cursor.execute("SET lifeline.system = on")


def test_rights_are_refused_by_privilege_first(w: World) -> None:
    with (
        as_role("lifeline_web"),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM people_fact WHERE recorded_at < %s", [timezone.now() - timedelta(1)])
