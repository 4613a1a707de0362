"""Records that nobody has reason to open: like others to everybody, and an alarm to whoever reads one."""

import subprocess
import sys
from http import HTTPStatus

import psycopg
import pytest
from django.db import connection, transaction

from config import database
from config.launcher.processes import BASE_DIR
from parcels import workers
from people import alarms, matching
from people.actions import Telling
from people.audit import Trail, following
from people.models import Alarm, AuditEntry, Person, PossibleMatch
from people.opening import How, opened
from people.queries import facts_of, names_of, people_named
from tests.databases import WEB, Database
from tests.factories import World, accepted, person, world
from tests.parcels.admin.desk import opened_person, signed_in, text

WORKER = "lifeline_worker"


@pytest.fixture
def w(committed_db: Database) -> World:
    here = world()
    for number in range(3):
        person(here, f"Petro Held{number}")
    with as_worker(committed_db):
        workers.drain("match")
    return here


class as_worker:
    """Work as the worker's process does: in a connection of its own."""

    def __init__(self, on: Database) -> None:
        self.on = on

    def __enter__(self) -> None:
        database.use(self.on.url, role=WORKER)

    def __exit__(self, *args: object) -> None:
        database.use(self.on.url, role=WEB, system=True)


def plant(on: Database, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "canaries", "plant", *arguments], cwd=BASE_DIR, env=on.environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def canary(w: World, committed_db: Database) -> Person:
    known = set(Person.objects.values_list("pk", flat=True))
    done = plant(committed_db, "--organisation", "north", "-n", "1")
    assert (done.returncode, done.stdout) == (0, "1 planted.\n"), done.stderr
    return Person.objects.exclude(pk__in=known).get()


def test_planting_needs_an_office_and_says_how_many(w: World, committed_db: Database) -> None:
    assert plant(committed_db, "--organisation", "nowhere").returncode == 2
    assert plant(committed_db, "--organisation", "north", "-n", "0").returncode == 2
    assert Person.objects.count() == 3


def test_canary_looks_like_others_in_lists_and_searches(w: World, canary: Person) -> None:
    name = names_of([canary.pk])[canary.pk]
    assert (canary.kind, canary.organisation_id, canary.matched_at is not None) == (
        "prisoner",
        w.north.pk,
        True,
    )
    assert people_named(name) == [canary.pk]
    last = Person.objects.exclude(pk=canary.pk).latest("pk")
    for kept in ("name_keys", "match_keys"):
        assert getattr(canary, kept).count() > 0
    assert canary.match_keys.count() == last.match_keys.count()
    assert {each.kind for each in canary.facts.all()} == {each.kind for each in last.facts.all()}
    assert canary.reference in text(signed_in(w.gita).get("/admin/people/person/"))


def test_no_process_learns_which_they_are(w: World, canary: Person, committed_db: Database) -> None:
    for role in (WEB, WORKER, "lifeline_stats"):
        database.use(committed_db.url, role=role)
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            connection.cursor().execute("SELECT * FROM people_canary")
    database.use(committed_db.url, role=WEB)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        alarms.sound_of_canaries()


def tripped(on: Database) -> int:
    with as_worker(on):
        workers.drain("audit")
    return Alarm.objects.filter(kind=Alarm.Kind.CANARY).count()


def test_list_trips_nothing_and_opening_does(w: World, canary: Person, committed_db: Database) -> None:
    gita = signed_in(w.gita)
    gita.get("/admin/people/person/")
    for each in Person.objects.exclude(pk=canary.pk):
        opened_person(gita, each.pk)
    assert tripped(committed_db) == 0

    assert opened_person(gita, canary.pk).status_code == HTTPStatus.OK
    assert (tripped(committed_db), tripped(committed_db)) == (1, 1)
    alarm = Alarm.objects.get()
    assert (alarm.staff_id, alarm.organisation_id) == (w.gita.pk, w.north.pk)
    assert alarm.request == AuditEntry.objects.get(subject=canary.pk).request
    assert "1 alarms" in text(signed_in(w.ivo).get("/admin/"))


@pytest.mark.parametrize("how", list(How))
def test_every_way_of_reading_one_trips_it(
    w: World, canary: Person, committed_db: Database, how: How
) -> None:
    opened(w.act(w.gita), [canary.pk], how)
    assert tripped(committed_db) == 1


def test_trial_that_is_rolled_back_tells_nothing(w: World, canary: Person, committed_db: Database) -> None:
    """Whoever has the web's login could try each person so, if the row came at once."""
    with transaction.atomic():
        opened(w.act(w.gita), [canary.pk], How.PAGE)
        assert Alarm.objects.count() == 0
        transaction.set_rollback(True)
    assert tripped(committed_db) == 0


def test_alarm_that_was_closed_comes_again_with_the_next_reading(
    w: World, canary: Person, committed_db: Database
) -> None:
    opened(w.act(w.gita), [canary.pk], How.PAGE)
    assert tripped(committed_db) == 1
    alarm = Alarm.objects.get()
    alarms.close(alarm, "mistake", by=w.act(w.ivo), now=alarm.raised_at)
    assert tripped(committed_db) == 1
    with following(Trail(reference="AGAIN")):
        opened(w.act(w.gita), [canary.pk], How.PAGE)
    assert tripped(committed_db) == 2


def test_canary_is_joined_with_nobody_and_gets_no_parcel(
    w: World, canary: Person, committed_db: Database
) -> None:
    """Somebody declares a parcel to a prisoner who is called the same, and records one more by hand."""
    told = {fact.kind: words for fact, words in facts_of(canary)}
    namesake = Telling("prisoner", told["name"], told["birth_date"], told["service_number"])
    parcel = accepted(w, recipient=namesake)
    with as_worker(committed_db):
        workers.drain("match")

    assert parcel.recipient_id != canary.pk
    assert (
        PossibleMatch.objects.filter(person=canary).count()
        == PossibleMatch.objects.filter(other=canary).count()
        == 0
    )
    assert canary.pk not in matching.candidates(
        [(parcel.recipient_id, matching.opened([parcel.recipient_id])[parcel.recipient_id].told)]
    ).get(parcel.recipient_id, set())


def test_owner_alone_plants(w: World, committed_db: Database) -> None:
    known = Person.objects.earliest("pk")
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute("INSERT INTO people_canary VALUES (%s)", [known.pk])
    with psycopg.connect(committed_db.owner_url) as owner:
        count = owner.execute("SELECT count(*) FROM people_canary").fetchone()
    assert count == (0,)
