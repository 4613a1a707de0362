from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.actions import ToldParcel
from exchanges.models import Visit
from tests import factories
from tests.exchanges.visits import HOUR, held, person, reported, says, scheduled
from tests.factories import NOON, World, world
from tests.partners import Partner, partner, problem, told

pytestmark = pytest.mark.django_db
PLACE, WORDS = "Ward 7, Long Street", "he kept the letter"


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def north(w: World) -> Partner:
    return partner(w.north, "registrar")


def full(w: World) -> Visit:
    """A visit with everything that must not be told."""
    pavlo = person(w.north, "Pavlo Away")
    visit = held(w, pavlo)
    actions.set_place(visit, PLACE, by=w.act(w.elena), now=NOON)
    actions.name_participants(visit, [w.gita.pk], by=w.act(w.gita), now=NOON)
    said = says(pavlo, [ToldParcel("PZ000000005ZZ", False)], words=WORDS, letters_given=2, letters_received=1)
    reported(w, visit, said)
    return Visit.objects.get(pk=visit.pk)


def listed(reader: Partner) -> list[dict[str, Any]]:
    answer = reader.get("/api/v1/visits/")
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_visit_is_told_without_names_place_and_staff(w: World, north: Partner) -> None:
    visit = full(w)
    expected = {
        "reference": visit.reference,
        "agreement": w.terms.agreement.reference,
        "kind": "mutual",
        "visited_by": "north",
        "host": "south",
        "status": "reported",
        "starts_at": "2026-11-20T12:00:00.000000Z",
        "ends_at": "2026-11-20T14:00:00.000000Z",
        "prisoners_seen": 1,
        "letters_given": 2,
        "letters_received": 1,
    }

    for reader in (north, partner(w.south, "logistics")):
        assert listed(reader) == [expected]
        assert reader.get(f"/api/v1/visits/{visit.reference}/").json() == expected


def test_counts_are_unknown_before_the_report(w: World, north: Partner) -> None:
    visit = scheduled(w, person(w.north, "Pavlo Away"))

    (row,) = listed(north)

    assert (row["reference"], row["prisoners_seen"], row["letters_given"]) == (visit.reference, None, None)


def test_others_and_unknown_are_not_found_alike(w: World) -> None:
    visit = full(w)
    strangers = [partner(w.harbour, "liaison"), partner(factories.organisation("west"), "liaison")]
    for reader in strangers:
        answers = [reader.get(f"/api/v1/visits/{each}/") for each in (visit.reference, "nothing", "%00")]
        assert listed(reader) == []
        assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 3
        assert len({told(answer) for answer in answers}) == 1


def test_neutral_reads_the_visits_it_makes(w: World) -> None:
    visit = scheduled(w, by=w.farid, kind="neutral")

    assert [row["reference"] for row in listed(partner(w.harbour, "liaison"))] == [visit.reference]
    assert listed(partner(w.north, "liaison")) == []


@pytest.mark.parametrize("path", ["visits/", "visits/x/"])
def test_scope_is_needed(w: World, path: str) -> None:
    reader = partner(w.north, "liaison", scope="parcels:read people:read")

    assert problem(reader.get(f"/api/v1/{path}")) == (403, "/problems/not-permitted")


def test_list_asks_as_often_for_three_rows_as_for_one(w: World, north: Partner) -> None:
    full(w)
    with CaptureQueriesContext(connection) as one:
        assert len(listed(north)) == 1
    for hours in (5, 10):
        pavlo = person(w.north, "Pavlo Away")
        reported(w, held(w, pavlo, at=NOON + hours * HOUR), says(pavlo))

    with CaptureQueriesContext(connection) as three:
        assert len(listed(north)) == 3

    assert len(one) == len(three)
