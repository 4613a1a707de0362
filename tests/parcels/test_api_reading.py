import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import make_round
from exchanges.models import Round
from parcels.actions import Step, advance
from parcels.models import Parcel
from parcels.screening import Finding
from people.models import AuditEntry
from tests import factories
from tests.factories import NOON, World, accepted, dispatched, handed_over, registered, world
from tests.partners import Partner, declaration, partner, problem, told

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


def numbers(reader: Partner, query: dict[str, str] | None = None) -> list[str]:
    response = reader.get(LIST, query)
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["results"]]


def test_list_shows_each_party_its_rounds_and_a_stranger_nothing(
    w: World, north: Partner, south: Partner, harbour: Partner, stranger: Partner
) -> None:
    parcel = registered(w)

    assert [numbers(reader) for reader in (north, south, harbour, stranger)] == [[parcel.number]] * 3 + [[]]


def test_row_says_where_it_is(w: World, north: Partner) -> None:
    parcel = accepted(w)

    assert north.get(LIST).json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "number": parcel.number,
                "round": "december",
                "external_id": parcel.external_id,
                "status": "accepted",
                "since_on": "2026-11-20",
                "updated_at": "2026-11-20T12:00:00.000000Z",
                "declared_mass_g": 6000,
                "gross_mass_g": 6000,
            }
        ],
    }


def test_since_on_is_the_day_at_the_sending_office(w: World, north: Partner) -> None:
    w.north.time_zone = "Asia/Tokyo"
    w.north.save()
    parcel = registered(w)
    Parcel.objects.filter(pk=parcel.pk).update(status_since=NOON + timedelta(hours=6))

    assert north.get(LIST).json()["results"][0]["since_on"] == "2026-11-21"


def test_list_filters_by_status_and_round(w: World, north: Partner) -> None:
    first, second = registered(w), accepted(w)

    assert numbers(north, {"status": "accepted"}) == [second.number]
    assert sorted(numbers(north, {"round": "december"})) == sorted([first.number, second.number])
    assert sorted(numbers(north, {"status": "", "round": "", "updated_since": ""})) == sorted(
        [first.number, second.number]
    )
    assert numbers(north, {"status": "lost"}) == []


def test_list_filters_by_change(w: World, north: Partner) -> None:
    registered(w)
    second = registered(w)
    later = NOON + timedelta(minutes=30)
    factories.move(second, "accept", w.act(w.amina), now=later, gross_mass_g=6000, place="1")

    since = later.isoformat().replace("+00:00", "Z")
    assert numbers(north, {"updated_since": since}) == [second.number]
    assert numbers(north, {"updated_since": "2026-11-20T14:30:00+02:00"}) == [second.number]
    answer = north.browser.get(f"{LIST}?updated_since=2026-11-20T14:30:00+02:00", headers=north._headers({}))
    assert [row["number"] for row in answer.json()["results"]] == [second.number]
    assert numbers(north, {"updated_since": "2026-11-20T12:30:00.000001Z"}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "nowhere"),
        ("updated_since", "yesterday"),
        ("updated_since", "2026-11-20"),
        ("updated_since", "2026-11-20T12:00:00"),
        ("updated_since", "9999-12-31T23:59:59-23:59"),
        ("updated_since", "2026-02-30T00:00:00Z"),
        ("round", "x\0"),
        ("round", "x" * 21),
        ("page_size", "0"),
        ("page_size", "many"),
        ("page_size", "-1"),
        ("cursor", "nothing"),
        ("cursor", "cD0A"),
        ("cursor", "é"),
    ],
)
def test_list_refuses_what_it_cannot_filter_by(north: Partner, name: str, value: str) -> None:
    answer = north.get(LIST, {name: value})

    assert problem(answer) == (400, "/problems/validation")
    assert [each["parameter"] for each in answer.json()["errors"]] == [name]


def test_foreign_round_is_as_unknown_as_one_that_is_none(w: World, stranger: Partner) -> None:
    registered(w)

    assert numbers(stranger, {"round": "december"}) == numbers(stranger, {"round": "nothing"}) == []


def test_pages_lead_through_everything_and_back(w: World, north: Partner) -> None:
    expected = sorted(registered(w).number for _ in range(5))

    first = north.get(LIST, {"page_size": "2"}).json()
    second = north.get(first["next"]).json()
    third = north.get(second["next"]).json()

    seen = [row["number"] for page in (first, second, third) for row in page["results"]]
    assert seen == expected
    assert (first["previous"], third["next"]) == (None, None)
    assert north.get(third["previous"]).json()["results"] == second["results"]


def test_page_size_ends_at_two_hundred(north: Partner) -> None:
    assert north.get(LIST, {"page_size": "9999"}).status_code == 200
    assert north.get(LIST, {"page_size": "10000"}).status_code == 400


@pytest.mark.parametrize("query", [{}, {"status": "handed_over"}, {"updated_since": "2026-01-01T00:00:00Z"}])
def test_list_asks_as_often_for_three_rows_as_for_one(
    w: World, north: Partner, query: dict[str, str]
) -> None:
    handed_over(w)
    with CaptureQueriesContext(connection) as one:
        assert len(numbers(north, query)) == 1
    handed_over(w)
    handed_over(w)

    with CaptureQueriesContext(connection) as three:
        assert len(numbers(north, query)) == 3

    # Six of them say who asks, within the test's transaction.
    assert len(one) == len(three) == 9


def test_detail_tells_each_party_what_is_its_own(
    w: World, north: Partner, south: Partner, harbour: Partner
) -> None:
    parcel = handed_over(w)

    told = {
        name: reader.get(f"{LIST}{parcel.number}/").json()
        for name, reader in {"north": north, "south": south, "harbour": harbour}.items()
    }

    kept = {name: {key for key, value in one.items() if value is not None} for name, one in told.items()}
    everyone = {
        "number", "round", "status", "since_on", "updated_at", "declared_mass_g", "gross_mass_g",
        "recipient", "consignment", "seal",
    }  # fmt: skip
    assert kept["north"] == everyone | {"external_id", "sender", "items", "findings"}
    assert kept["south"] == everyone | {"items", "findings"}
    assert kept["harbour"] == everyone
    assert [one["recipient"]["name"] for one in told.values()] == [told["north"]["recipient"]["name"]] * 3


def test_route_is_for_dispatcher_neutral_and_holder(w: World, south: Partner, harbour: Partner) -> None:
    parcel = dispatched(w)
    liaison, dispatcher = partner(w.north, "liaison"), partner(w.north, "dispatcher")

    seen = {
        name: reader.get(f"{LIST}{parcel.number}/").json()["seal"]
        for name, reader in {"l": liaison, "d": dispatcher, "s": south, "h": harbour}.items()
    }

    # The liaison's office is the holder until another has taken it over.
    assert seen == {"l": "SEAL-1", "d": "SEAL-1", "s": None, "h": "SEAL-1"}
    factories.move(parcel, "entrust", w.act(w.farid))
    assert liaison.get(f"{LIST}{parcel.number}/").json()["seal"] is None


def test_every_look_at_a_route_is_recorded(w: World, north: Partner, south: Partner) -> None:
    parcel = dispatched(w)

    south.get(f"{LIST}{parcel.number}/")
    south.get(f"{LIST}{parcel.number}/movements/")
    assert not AuditEntry.objects.filter(act="see_route").exists()
    north.get(f"{LIST}{parcel.number}/")
    north.get(f"{LIST}{parcel.number}/movements/")

    routes = AuditEntry.objects.filter(act="see_route")
    looks = routes.values_list("act", "subject_kind", "subject", "client__organisation__code")
    assert list(looks) == [("see_route", "parcel", parcel.pk, "north")] * 2


@pytest.mark.parametrize("tail", ["", "movements/"])
def test_foreign_and_unknown_parcels_are_not_found_alike(w: World, stranger: Partner, tail: str) -> None:
    parcel = registered(w)

    answers = [
        stranger.get(f"{LIST}{number}/{tail}") for number in (parcel.number, "PZ000000000ZZ", "x", "%00")
    ]

    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 4
    assert len({told(answer) for answer in answers}) == 1


def test_findings_are_those_of_the_last_screening(w: World, north: Partner, south: Partner) -> None:
    parcel = accepted(w, "водка")
    worker = factories.actors.worker(w.north.pk)
    rule = w.terms.rules.get(category="ALCOHOL")
    finding = Finding(1, "ALCOHOL", "prohibit", "ALCOHOL", rule.pk)
    step = Step(parcel.number, "refuse", NOON, details={"reason": "ALCOHOL"}, findings=[finding])
    assert [made.result for made in advance([step], by=worker, now=NOON)] == ["moved"]

    told = [reader.get(f"{LIST}{parcel.number}/", accept_language="ru").json() for reader in (north, south)]

    assert [one["findings"] for one in told] == [
        [
            {
                "line": 1,
                "category": "ALCOHOL",
                "verdict": "prohibit",
                "reason": {"code": "ALCOHOL", "text": rule.family_reason_ru},
            }
        ]
    ] * 2
    factories.move(
        parcel,
        "amend",
        w.act(w.amina),
        gross_mass_g=5500,
        lines_removed=[{"line": 1, "count": 1, "reason": "ALCOHOL", "fate": "returned"}],
    )
    factories.move(parcel, "clear", worker)
    told_after = north.get(f"{LIST}{parcel.number}/").json()
    assert told_after["findings"] == []
    assert [(line["removed"], line["fate"]) for line in told_after["items"]] == [(1, "returned")]


def test_etag_spares_what_is_known(w: World, north: Partner) -> None:
    parcel = registered(w)
    path = f"{LIST}{parcel.number}/"
    first = north.get(path)

    known = north.get(path, if_none_match=first["ETag"])

    assert (known.status_code, known.content, known["ETag"]) == (304, b"", first["ETag"])
    assert first["Cache-Control"] == "private, no-cache"
    factories.move(parcel, "accept", w.act(w.amina), gross_mass_g=6000, place="1")
    changed = north.get(path, if_none_match=first["ETag"])
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_if_match_fails_for_what_has_changed(w: World, north: Partner) -> None:
    parcel = registered(w)

    answer = north.get(f"{LIST}{parcel.number}/", if_match='"another"')

    assert problem(answer) == (412, "/problems/precondition-failed")


def test_movements_are_told_in_order_without_names(w: World, north: Partner) -> None:
    parcel = accepted(w)

    told = north.get(f"{LIST}{parcel.number}/movements/").json()

    assert told == {
        "next": None,
        "previous": None,
        "results": [
            {
                "number": 1,
                "move": "register",
                "status": "registered",
                "since_on": "2026-11-20",
                "happened_at": "2026-11-20T12:00:00.000000Z",
                "recorded_at": "2026-11-20T12:00:00.000000Z",
                "organisation": "north",
                "actor": "staff",
                "external_id": None,
                "details": {"declaration": 3},
            },
            {
                "number": 2,
                "move": "accept",
                "status": "accepted",
                "since_on": "2026-11-20",
                "happened_at": "2026-11-20T12:00:00.000000Z",
                "recorded_at": "2026-11-20T12:00:00.000000Z",
                "organisation": "north",
                "actor": "staff",
                "external_id": None,
                "details": {"gross_mass_g": 6000, "place": "North, counter 1"},
            },
        ],
    }
    assert "Amina" not in json.dumps(told)


def test_movements_leave_out_details_that_are_not_the_readers(
    w: World, south: Partner, harbour: Partner
) -> None:
    parcel = dispatched(w)

    def told(reader: Partner) -> list[dict[str, Any]]:
        rows = reader.get(f"{LIST}{parcel.number}/movements/").json()["results"]
        return [row["details"] for row in rows]

    consignment = parcel.consignment
    assert consignment is not None
    assert told(south) == [{"declaration": 3}, {"gross_mass_g": 6000}, {}, {}, {}]
    assert told(harbour) == [
        {"declaration": 3},
        {"gross_mass_g": 6000, "place": "North, counter 1"},
        {},
        {"consignment": consignment.number},
        {"seal": "SEAL-1"},
    ]


def test_movements_come_in_pages(w: World, north: Partner) -> None:
    parcel = handed_over(w)
    path = f"{LIST}{parcel.number}/movements/"

    first = north.get(path, {"page_size": "4"}).json()
    second = north.get(first["next"]).json()

    assert [row["number"] for row in first["results"] + second["results"]] == [1, 2, 3, 4, 5, 6, 7]
    assert problem(north.get(path, {"cursor": "cD1hYmM="})) == (400, "/problems/validation")


def test_mirror_round_turns_the_relation_round(w: World, north: Partner) -> None:
    back = make_round(
        reference="mirror", agreement=w.round.agreement, terms=w.terms, sending=w.south, holding=w.north,
        neutral=w.harbour, status=Round.Status.COLLECTING, target=10, opens_on=w.round.opens_on,
        closes_on=w.round.closes_on, collection_point="South", round_key=bytes(32),
    )  # fmt: skip
    south = partner(w.south, "registrar")
    number = south.post(LIST, declaration(round="mirror")).json()["number"]

    told = north.get(f"{LIST}{number}/").json()

    assert (told["round"], told["sender"], told["items"] is None) == ("mirror", None, False)
    assert back.parcels.count() == 1


def test_etag_is_one_for_all_languages_where_no_text_differs(w: World, north: Partner) -> None:
    parcel = accepted(w)
    tags = {
        language: north.get(f"{LIST}{parcel.number}/", accept_language=language)["ETag"]
        for language in ("ru", "uk", "en")
    }

    assert len(set(tags.values())) == 1
