"""The second wall: what the database shows to a query that forgot to ask who may see what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from people.actors import Actor, acting
from people.models import Person
from tests.config.walk.planting import plant
from tests.databases import Database
from tests.factories import World, registered, world

# Of none of these a row is shown to who is not announced.
SECRET = (
    "exchanges_exchange",
    "exchanges_exchangecount",
    "exchanges_exchangetrace",
    "exchanges_listedperson",
    "exchanges_listedstep",
    "exchanges_namedofficer",
    "exchanges_prisonerlist",
    "exchanges_stage",
    "exchanges_whereabouts",
    "exchanges_wish",
    "parcels_note",
    "people_comparedrow",
    "people_consent",
    "people_detention",
    "people_fact",
    "people_groupmember",
    "people_kinship",
    "people_listcomparison",
    "people_listentry",
    "people_matchstatement",
    "people_person",
    "people_personkey",
    "people_possiblematch",
    "people_prisonerlist",
    "people_situationevent",
    "people_withholding",
)
Counts = dict[str, int]


@contextmanager
def as_login(on: Database, **settings: str) -> Iterator[psycopg.Connection[Any]]:
    """Come in as a process does, in the role of the web server, with what it said of itself."""
    said = {"role": "lifeline_web"} | {f"lifeline.{name}": value for name, value in settings.items()}
    options = " ".join(f"-c {name}={value}" for name, value in said.items())
    with psycopg.connect(on.url, options=options, autocommit=True) as login:
        yield login


def counted(login: psycopg.Connection[Any]) -> Counts:
    found = {}
    for table in SECRET:
        row = login.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
        assert row is not None
        found[table] = row[0]
    return found


NONE: Counts = dict.fromkeys(SECRET, 0)


def test_secret_tables_are_forced_upon_their_owner_and_no_others_are_meant(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity ORDER BY relname"
        )
        assert cursor.fetchall() == [(table, True) for table in SECRET]


def test_nobody_announced_reads_no_row_of_any(committed_db: Database) -> None:
    plant(world(), "qara")

    with psycopg.connect(committed_db.owner_url, autocommit=True) as system:
        kept = counted(system)
    with as_login(committed_db) as nobody:
        shown = counted(nobody)
    plain = committed_db.owner_url.partition("options=")[0]
    with psycopg.connect(plain, autocommit=True) as owner:
        shown_to_owner = counted(owner)

    # An exchange that is under way has none of these yet, and no two of these people look alike.
    assert {table for table, count in kept.items() if not count} == {
        "exchanges_exchangecount",
        "people_groupmember",
        "people_matchstatement",
    }
    assert shown == NONE
    # Who is named on an exchange the owner's own function must find.
    assert shown_to_owner == NONE | {"exchanges_namedofficer": kept["exchanges_namedofficer"]}


def test_organisation_reads_nothing_of_a_world_that_is_not_its_own(committed_db: Database) -> None:
    plant(world(), "qara")
    far = world(prefix="far-")

    stranger = {"actor": "staff:1", "organisation": str(far.north.pk), "roles": "liaison,logistics"}
    with as_login(committed_db, **stranger) as login:
        assert counted(login) == NONE


@pytest.fixture
def w(db: None) -> World:
    return world()


@contextmanager
def as_the_web(actor: Actor) -> Iterator[None]:
    with connection.cursor() as cursor, acting(actor):
        cursor.execute("SET lifeline.system = off")
        yield
        cursor.execute("SET lifeline.system = on")


def seen(actor: Actor, sql: str, *values: object) -> int:
    """Return how many rows the actor is shown where no query of ours says whose they are."""
    with as_the_web(actor), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {sql}", values)
        (count,) = cursor.fetchone()
        return int(count)


FACTS = "people_fact WHERE person_id = %s"


def test_ends_of_a_parcel_read_of_its_people_what_they_need(w: World) -> None:
    parcel = registered(w)
    for actor, of_sender, of_recipient in (
        (w.act(w.amina), 2, 3),
        (w.act(w.elena), 0, 3),
        (w.act(w.farid), 0, 3),
    ):
        assert seen(actor, "people_person WHERE id = %s", parcel.sender_id) == 1
        assert seen(actor, FACTS, parcel.sender_id) == of_sender, actor
        assert seen(actor, FACTS, parcel.recipient_id) == of_recipient, actor


def test_record_of_another_office_cannot_be_written(w: World) -> None:
    before = Person.objects.count()
    with as_the_web(w.act(w.elena)), pytest.raises(ProgrammingError, match="row-level"), transaction.atomic():
        Person.objects.create(kind="prisoner", organisation=w.north)
    assert Person.objects.count() == before


def announced() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lifeline.actor', true), current_setting('lifeline.organisation', true),"
            " current_setting('lifeline.roles', true)"
        )
        row: tuple[str, str, str] = cursor.fetchone()
        return row


def test_acting_ends_with_its_block_also_inside_another(w: World) -> None:
    amina, elena = w.act(w.amina), w.act(w.elena)
    with acting(amina):
        as_amina = (f"staff:{w.amina.pk}", str(w.north.pk), "registrar")
        assert announced() == as_amina
        with acting(elena):
            assert announced() == (f"staff:{w.elena.pk}", str(w.south.pk), "logistics")
        assert announced() == as_amina
        with acting(None):
            assert announced() == ("", "", "")
        with pytest.raises(ZeroDivisionError), acting(elena):
            _ = 1 / 0
        assert announced() == as_amina
