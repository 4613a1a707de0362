from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from exchanges.models import Agreement, Round
from parcels.models import Parcel
from people import vault
from people.models import Fact, Person
from tests import factories
from tests.factories import NOON, World, world
from tests.partners import Partner, declaration, partner, problem

pytestmark = pytest.mark.django_db
LIST = "/api/v1/parcels/"


@pytest.fixture(autouse=True)
def an_hour_later() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def north(w: World) -> Partner:
    return partner(w.north, "registrar", "dispatcher", "liaison")


@pytest.fixture
def south(w: World) -> Partner:
    return partner(w.south, "logistics")


@pytest.fixture
def harbour(w: World) -> Partner:
    return partner(w.harbour, "liaison")


@pytest.fixture
def stranger() -> Partner:
    return partner(factories.organisation("elsewhere"), "registrar", "dispatcher", "liaison")


def refused(reader: Partner, asked: dict[str, Any]) -> tuple[int, str, list[dict[str, str]]]:
    """Return the problem of a declaration that must be refused and change nothing."""
    before = (Parcel.objects.count(), Person.objects.count())

    answer = reader.post(LIST, asked)

    assert (Parcel.objects.count(), Person.objects.count()) == before
    return *problem(answer), answer.json().get("errors", [])


def test_create_registers_and_gives_the_familys_code(w: World, north: Partner) -> None:
    asked = declaration()

    answer = north.post(LIST, asked)

    parcel = Parcel.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "number": parcel.number,
        "round": "december",
        "external_id": asked["external_id"],
        "status": "registered",
        "declared_mass_g": 6000,
        "verdict": "allow",
        "findings": [],
        "receipt_code": answer.json()["receipt_code"],
    }
    assert answer["Location"] == f"{LIST}{parcel.number}/"
    track = north.post("/api/v1/track/", {"receipt_code": answer.json()["receipt_code"]}, key=None)
    assert track.json()["status"] == "registered"


def test_create_keeps_what_was_told(w: World, north: Partner) -> None:
    asked = declaration(
        sender={"name": "Olha Home", "email": "olha@example.org", "relationship": "sister"},
        recipient={"name": "Pavlo Away", "born_on": "1990", "service_number": "S-1", "external_id": "P-7"},
    )

    number = north.post(LIST, asked).json()["number"]

    told = north.get(f"{LIST}{number}/").json()
    assert told["sender"] == {
        "name": "Olha Home", "born_on": None, "phone": None, "email": "olha@example.org",
        "relationship": "sister",
    }  # fmt: skip
    assert told["recipient"] == {"name": "Pavlo Away", "born_on": "1990", "service_number": "S-1"}
    assert [line["description"] for line in told["items"]] == ["печенье", "soap"]
    fact = Fact.objects.select_related("person__key").get(kind="external_id")
    key = vault.unwrap(fact.person.key.wrapped, row=fact.person_id)
    assert vault.unseal(key, fact.sealed, place=vault.FACT_PLACE, row=fact.pk) == "P-7"


def test_create_finds_at_once_what_the_terms_say(w: World, north: Partner) -> None:
    items = [
        {"description": "водка", "quantity": 1, "unit_mass_g": 500},
        {"description": "мыло", "quantity": 1, "unit_mass_g": 100},
        {"description": "штуковина", "quantity": 1, "unit_mass_g": 100},
    ]

    told = north.post(LIST, declaration(items=items, declared_mass_g=12_000), accept_language="uk").json()

    assert told["verdict"] == "prohibit"
    found = [(each["line"], each["category"], each["verdict"]) for each in told["findings"]]
    assert found == [(1, "ALCOHOL", "prohibit"), (3, "UNKNOWN", "review"), (None, None, "prohibit")]
    assert [each["reason"]["code"] for each in told["findings"]] == [
        "ALCOHOL",
        "UNKNOWN_CATEGORY",
        "OVER_MASS",
    ]
    assert told["findings"][2]["reason"]["text"].startswith("Посилка важча")


@pytest.mark.parametrize(
    ("language", "start"),
    [("ru", "Посылка тяжелее"), ("uk", "Посилка важча"), ("en", "The parcel"), ("fr", "The parcel")],
)
def test_reasons_are_in_the_language_asked_for(north: Partner, language: str, start: str) -> None:
    answer = north.post(LIST, declaration(declared_mass_g=12_000), accept_language=language)

    assert answer.json()["findings"][0]["reason"]["text"].startswith(start)


def test_quota_and_second_look_never_show() -> None:
    w = world(quota_per_prisoner=1, second_look_share=1)
    north = partner(w.north, "registrar")
    recipient = {"name": "Pavlo Away", "born_on": "1990-04-05", "service_number": "S-1"}

    answers = [north.post(LIST, declaration(recipient=recipient)).json() for _ in range(3)]

    assert [(told["verdict"], told["findings"]) for told in answers] == [("allow", [])] * 3


def test_same_declaration_again_is_harmless(north: Partner) -> None:
    asked = declaration()

    first, again = north.post(LIST, asked), north.post(LIST, asked)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Parcel.objects.count() == 1


def test_same_external_id_with_other_content_is_refused(north: Partner) -> None:
    asked = declaration()
    north.post(LIST, asked)

    assert refused(north, asked | {"declared_mass_g": 7000})[:2] == (409, "/problems/external-id-reused")


def test_code_is_not_given_again_once_the_holding_side_has_the_parcel(w: World, north: Partner) -> None:
    asked = declaration()
    number = north.post(LIST, asked).json()["number"]
    parcel = Parcel.objects.get(number=number)
    factories.move(parcel, "accept", w.act(w.amina), gross_mass_g=6000, place="1")
    factories.move(parcel, "clear", factories.actors.worker(w.north.pk))
    into = factories.consignment(w)
    factories.settle(w, parcel)
    factories.move(parcel, "pack", w.act(w.dawit), consignment=into.number)
    factories.seal(into)
    factories.move(parcel, "dispatch", w.act(w.dawit), seal="SEAL-1")
    assert north.post(LIST, asked).json()["receipt_code"] is not None
    factories.move(parcel, "hand_over", w.act(w.elena), act="A")

    again = north.post(LIST, asked).json()

    assert (again["status"], again["receipt_code"]) == ("handed_over", None)


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("round", None, "#/round"),
        ("round", "no-such-round", "#/round"),
        ("round", 5, "#/round"),
        ("external_id", "", "#/external_id"),
        ("external_id", "x" * 101, "#/external_id"),
        ("sender", {}, "#/sender/name"),
        ("sender", {"name": "  "}, "#/sender/name"),
        ("sender", {"name": "x" * 201}, "#/sender/name"),
        ("sender", {"name": "Olha", "email": "nothing"}, "#/sender/email"),
        ("sender", {"name": "Olha", "age": 50}, "#/sender/age"),
        ("sender", "Olha", "#/sender"),
        ("recipient", {"name": 5}, "#/recipient/name"),
        ("recipient", {"name": "Pavlo", "born_on": "1990-13"}, "#/recipient/born_on"),
        ("recipient", {"name": "Pavlo", "born_on": "1990-02-30"}, "#/recipient/born_on"),
        ("recipient", {"name": "Pavlo", "born_on": "90"}, "#/recipient/born_on"),
        ("recipient", {"name": "Pavlo", "born_on": "2990"}, "#/recipient/born_on"),
        ("items", [], "#/items"),
        ("items", [{"description": "x", "quantity": 1, "unit_mass_g": 1}] * 61, "#/items"),
        ("items", [5], "#/items/0"),
        ("items", [{"description": "x", "quantity": 0, "unit_mass_g": 1}], "#/items/0/quantity"),
        ("items", [{"description": "x", "quantity": 1001, "unit_mass_g": 1}], "#/items/0/quantity"),
        ("items", [{"description": "x", "quantity": "1", "unit_mass_g": 1}], "#/items/0/quantity"),
        ("items", [{"description": "x", "quantity": True, "unit_mass_g": 1}], "#/items/0/quantity"),
        ("items", [{"description": "x", "quantity": 1.5, "unit_mass_g": 1}], "#/items/0/quantity"),
        ("items", [{"description": "x", "quantity": 1, "unit_mass_g": 100_001}], "#/items/0/unit_mass_g"),
        ("items", [{"description": "x", "quantity": 1}], "#/items/0/unit_mass_g"),
        ("items", [{"description": "x", "quantity": 1, "unit_mass_g": 1, "category": "?"}],
         "#/items/0/category"),
        ("declared_mass_g", 0, "#/declared_mass_g"),
        ("declared_mass_g", 10**30, "#/declared_mass_g"),
        ("surprise", 1, "#/surprise"),
    ],
)  # fmt: skip
def test_create_points_at_what_is_wrong(north: Partner, field: str, value: object, pointer: str) -> None:
    status, kind, errors = refused(north, declaration(**{field: value}))

    assert (status, kind) == (400, "/problems/validation")
    assert [each["pointer"] for each in errors] == [pointer]


@pytest.mark.parametrize("field", ["round", "external_id", "sender", "recipient", "items", "declared_mass_g"])
def test_create_needs_every_part(north: Partner, field: str) -> None:
    asked = declaration()
    del asked[field]

    status, kind, errors = refused(north, asked)

    assert (status, kind) == (400, "/problems/validation")
    assert [each["pointer"] for each in errors] == [f"#/{field}"]


def test_create_in_a_round_that_does_not_collect_waits() -> None:
    w = world(status=Round.Status.CLOSED)

    assert refused(partner(w.north, "registrar"), declaration())[:2] == (409, "/problems/not-now")


def test_repeat_is_answered_when_the_round_has_closed(w: World, north: Partner) -> None:
    asked = declaration()
    number = north.post(LIST, asked).json()["number"]
    Round.objects.update(status=Round.Status.CLOSED)

    again = north.post(LIST, asked)

    assert (again.status_code, again.json()["number"]) == (200, number)
    changed = {**asked, "declared_mass_g": asked["declared_mass_g"] + 1}
    assert refused(north, changed)[:2] == (409, "/problems/external-id-reused")
    assert refused(north, declaration())[:2] == (409, "/problems/not-now")
    assert Parcel.objects.count() == 1


def test_create_under_an_agreement_out_of_force_waits(w: World, north: Partner) -> None:
    Agreement.objects.update(status=Agreement.Status.SUSPENDED)

    assert refused(north, declaration())[:2] == (409, "/problems/not-now")


def test_create_is_the_sending_sides(w: World, south: Partner, harbour: Partner, stranger: Partner) -> None:
    assert refused(south, declaration())[:2] == (403, "/problems/not-permitted")
    assert refused(harbour, declaration())[:2] == (403, "/problems/not-permitted")
    unknown = refused(stranger, declaration(round="no-such-round"))
    assert refused(stranger, declaration()) == unknown


def test_create_needs_its_scope(w: World) -> None:
    reader = partner(w.north, "registrar", scope="parcels:read moves:write")

    assert refused(reader, declaration())[:2] == (403, "/problems/not-permitted")
