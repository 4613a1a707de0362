"""GET /api/v1/people/: minimal fields, and nothing that tells whether, where or since when somebody is held."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people import detention, facts, situations, withholding
from people.access import Tie
from people.actions import Telling, record_people
from people.models import AuditEntry, Person
from people.queries import names_of
from tests import factories
from tests.factories import NOON, World, registered, world
from tests.partners import Partner, partner, problem, told

pytestmark = pytest.mark.django_db
LIST = "/api/v1/people/"
ON = date(2026, 11, 18)


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w, recipient=Telling("prisoner", "Коваленко Сергій", "1990-04", "S-1")).recipient


def listed(reader: Partner, **query: str) -> list[dict[str, Any]]:
    answer = reader.get(LIST, query)
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def one(reader: Partner, person: Person) -> dict[str, Any]:
    told: dict[str, Any] = reader.get(f"{LIST}{person.reference}/").json()
    return told


def state(w: World, person: Person, situation: str, stated_by: str = "neutral") -> None:
    situations.record_for(
        [person.pk],
        situation,
        ON,
        stated_by,
        source_id=w.harbour.pk,
        document="N",
        by=w.act(w.gita),
        now=NOON,
    )


def test_person_is_told_in_minimal_fields(w: World, prisoner: Person) -> None:
    facts.add_fact(
        prisoner, "name_latin", "Kovalenko Serhii", source_id=w.north.pk, by=w.act(w.gita), now=NOON
    )
    expected = {
        "reference": prisoner.reference, "kind": "prisoner", "name": "Коваленко Сергій",
        "name_latin": "Kovalenko Serhii", "birth_date": "1990-04",
        "updated_at": "2026-11-20T12:00:00.000000Z",
    }  # fmt: skip

    for reader in (partner(w.south, "logistics"), partner(w.harbour, "liaison")):
        assert listed(reader) == [expected]
        assert one(reader, prisoner) == {**expected, "standing": None}


def test_sender_is_told_to_their_own_office_alone_and_without_a_contact(w: World, prisoner: Person) -> None:
    kinds = {
        name: sorted(row["kind"] for row in listed(reader))
        for name, reader in {
            "own": partner(w.north, "liaison"),
            "neutral": partner(w.harbour, "liaison"),
            "holding": partner(w.south, "liaison"),
        }.items()
    }
    assert kinds == {"own": ["prisoner", "sender"], "neutral": ["prisoner"], "holding": ["prisoner"]}
    for reader in (partner(w.north, "liaison"), partner(w.south, "liaison")):
        assert "+000" not in reader.get(LIST).content.decode()


def test_foreign_unknown_and_malformed_are_not_found_alike(w: World, prisoner: Person) -> None:
    stranger = partner(factories.organisation("elsewhere"), "liaison", "dispatcher")
    south = partner(w.south, "liaison")
    sender = Person.objects.get(kind="sender")

    answers = [
        stranger.get(f"{LIST}{prisoner.reference}/"), south.get(f"{LIST}{sender.reference}/"),
        stranger.get(f"{LIST}{'0' * 16}/"), stranger.get(f"{LIST}nobody/"), stranger.get(f"{LIST}%00/"),
    ]  # fmt: skip

    assert listed(stranger) == []
    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 5
    assert len({told(answer) for answer in answers}) == 1


@pytest.mark.parametrize("path", [LIST, f"{LIST}{'0' * 16}/"])
def test_scope_is_needed(w: World, path: str) -> None:
    reader = partner(w.north, "liaison", scope="parcels:read agreements:read")
    assert problem(reader.get(path)) == (403, "/problems/not-permitted")


def test_standing_is_told_to_a_liaison_of_the_own_office_alone(w: World, prisoner: Person) -> None:
    state(w, prisoner, "in_hospital")
    readers = {
        "own": partner(w.north, "liaison"), "own dispatcher": partner(w.north, "dispatcher"),
        "own registrar": partner(w.north, "registrar"), "neutral": partner(w.harbour, "liaison"),
        "holding": partner(w.south, "liaison", "logistics"),
    }  # fmt: skip

    told = {name: one(reader, prisoner)["standing"] for name, reader in readers.items()}

    assert told.pop("own") == {"status": "in hospital", "since_on": "2026-11-18", "stated_by": "neutral"}
    assert set(told.values()) == {None}


@pytest.mark.parametrize(
    "situation", ["held", "in_hospital", "transferred", "released", "exchanged", "deceased"]
)
def test_nothing_that_became_of_a_person_changes_what_others_read(
    w: World, prisoner: Person, situation: str
) -> None:
    """Not a word, a date or a count: before and after are the same bytes."""
    readers = [
        partner(w.north, "registrar"), partner(w.north, "dispatcher"), partner(w.south, "liaison", "logistics"),
        partner(w.harbour, "logistics"), partner(w.harbour, "liaison"),
    ]  # fmt: skip

    paths = (LIST, f"{LIST}{prisoner.reference}/")
    before = [reader.get(path).content for reader in readers for path in paths]

    state(w, prisoner, situation)
    told = detention.Stated("Camp Seven", "2026", "", "one_side", w.south.pk)
    detention.state(prisoner, told, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)

    after = [reader.get(path).content for reader in readers for path in paths]
    assert after == before
    assert b"Camp" not in b"".join(after)


def test_client_without_an_officers_right_meets_only_the_people_of_parcels_as_they_were_declared(
    w: World, prisoner: Person
) -> None:
    """Whom else the office knows would tell who is held: a list of the other side's is such a thing."""
    record_people([Telling("prisoner", "Petrenko Ivan")], organisation_id=w.north.pk, now=NOON)
    later = NOON + timedelta(days=2)
    facts.add_fact(prisoner, "birth_date", "1991-01-01", source_id=w.north.pk, by=w.act(w.gita), now=later)

    family, liaison = partner(w.north, "registrar"), partner(w.north, "liaison")

    assert {row["name"] for row in listed(family)} == {"Коваленко Сергій", *_senders(w)}
    assert "Petrenko Ivan" in {row["name"] for row in listed(liaison)}
    assert (one(family, prisoner)["birth_date"], one(liaison, prisoner)["birth_date"]) == (
        "1990-04", "1991-01-01",
    )  # fmt: skip
    since = {"updated_since": "2026-11-21T00:00:00Z"}
    assert (listed(family, **since), len(listed(liaison, **since))) == ([], 1)


def _senders(w: World) -> set[str]:
    return set(names_of(Person.objects.filter(kind="sender").values_list("pk", flat=True)).values())


def test_what_is_kept_from_the_family_is_told_to_the_own_liaison_and_the_neutral_agency(
    w: World, prisoner: Person
) -> None:
    fact = prisoner.facts.get(kind="birth_date")
    withholding.keep_back(fact, "harm_to_person", date(2026, 12, 1), by=w.act(w.gita), now=NOON)
    readers = {
        "own": partner(w.north, "liaison"), "neutral": partner(w.harbour, "liaison"),
        "own registrar": partner(w.north, "registrar"), "own dispatcher": partner(w.north, "dispatcher"),
        "holding": partner(w.south, "liaison"), "neutral logistics": partner(w.harbour, "logistics"),
    }  # fmt: skip

    told = {name for name, reader in readers.items() if one(reader, prisoner)["birth_date"]}

    assert told == {"own", "neutral"}


def test_word_of_another_source_is_no_word_of_the_office(w: World, prisoner: Person) -> None:
    facts.add_fact(prisoner, "name", "Коваленко Сергей", source_id=w.south.pk, by=w.act(w.gita), now=NOON)
    assert one(partner(w.south, "liaison"), prisoner)["name"] == "Коваленко Сергій"


def test_each_look_is_recorded(w: World, prisoner: Person) -> None:
    reader = partner(w.harbour, "liaison")
    listed(reader)
    one(reader, prisoner)
    looks = AuditEntry.objects.exclude(client=None).exclude(act="token_given").order_by("pk")
    assert list(looks.values_list("act", "subject")) == [
        ("list_person", prisoner.pk), ("read_person", prisoner.pk),
    ]  # fmt: skip


def test_list_asks_as_often_for_three_rows_as_for_one(w: World, prisoner: Person) -> None:
    reader = partner(w.harbour, "liaison")
    listed(reader)
    with CaptureQueriesContext(connection) as for_one:
        assert len(listed(reader)) == 1
    for _ in range(2):
        registered(w)
    with CaptureQueriesContext(connection) as for_three:
        assert len(listed(reader)) == 3
    assert len(for_one) == len(for_three)


def test_pages_are_in_order_and_filters_are_checked(w: World, prisoner: Person) -> None:
    registered(w)
    reader = partner(w.north, "liaison")
    first = reader.get(LIST, {"page_size": "3"}).json()
    second = reader.get(first["next"]).json()
    seen = [row["reference"] for row in first["results"] + second["results"]]
    assert seen == sorted(Person.objects.values_list("reference", flat=True))
    assert problem(reader.get(LIST, {"updated_since": "soon"})) == (400, "/problems/validation")
