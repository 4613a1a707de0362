from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import draft_terms, make_round
from exchanges.models import Agreement, Round
from tests import factories
from tests.factories import World, world
from tests.partners import Partner, partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world(second_look_share="0.020", quota_per_prisoner=2)


@pytest.fixture
def north(w: World) -> Partner:
    return partner(w.north, "registrar", "liaison")


@pytest.fixture
def stranger() -> Partner:
    return partner(factories.organisation("elsewhere"), "liaison", "dispatcher")


def listed(reader: Partner, what: str) -> list[dict[str, Any]]:
    answer = reader.get(f"/api/v1/{what}/")
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def another(w: World, number: int) -> Round:
    return make_round(
        reference=f"round-{number}", agreement=w.round.agreement, terms=w.terms, sending=w.south,
        holding=w.north, neutral=w.harbour, mirror=None, target=5, opens_on=w.round.opens_on,
        closes_on=w.round.closes_on, collection_point="1",
    )  # fmt: skip


def test_round_is_told(w: World, north: Partner) -> None:
    expected = {
        "reference": "december",
        "agreement": w.round.agreement.reference,
        "terms_version": 1,
        "sending": "north",
        "holding": "south",
        "neutral": "harbour",
        "mirror": None,
        "status": "collecting",
        "target": 2000,
        "opens_on": "2026-11-01",
        "closes_on": "2026-12-15",
        "collection_point": "North, counter 1",
        "open_to_public": True,
    }

    assert listed(north, "rounds") == [expected]
    assert north.get("/api/v1/rounds/december/").json() == expected


def test_intermediary_is_told_to_those_who_need_it(w: World) -> None:
    readers = {
        "registrar": partner(w.north, "registrar"),
        "dispatcher": partner(w.north, "dispatcher"),
        "holding": partner(w.south, "logistics"),
        "neutral": partner(w.harbour, "liaison"),
    }

    told = {name: listed(reader, "rounds")[0]["neutral"] for name, reader in readers.items()}

    assert told == {"registrar": None, "dispatcher": "harbour", "holding": "harbour", "neutral": "harbour"}


def test_mirror_is_named(w: World, north: Partner) -> None:
    back = another(w, 1)
    Round.objects.filter(pk=w.round.pk).update(mirror=back)

    assert [row["mirror"] for row in listed(north, "rounds")] == ["round-1", None]


def test_agreement_is_told_with_its_terms_in_force(w: World, north: Partner) -> None:
    draft_terms(w.round.agreement, mass_max_g=99_000)
    reference = w.round.agreement.reference

    told = north.get(f"/api/v1/agreements/{reference}/", accept_language="ru").json()

    terms = told.pop("terms")
    rules = terms.pop("rules")
    assert told == {
        "reference": reference,
        "title": "Соглашение",
        "status": "in_force",
        "signatories": ["north", "south"],
        "signed_on": None,
        "valid_from": "2026-01-01",
        "valid_until": None,
        "grace_days": 30,
    }
    assert terms == {
        "version": 1,
        "in_force_at": "2026-10-21T12:00:00.000000Z",
        "touches": "not_sealed",
        "mass_min_g": 5000,
        "mass_max_g": 10_000,
        "quota_per_prisoner": 2,
        "public_delay_days": 7,
        "refused_home_after_days": 30,
        "books_apart": True,
    }
    alcohol = w.terms.rules.get(category="ALCOHOL")
    assert rules[0] == {
        "category": "ALCOHOL",
        "name": alcohol.name_ru,
        "verdict": "prohibit",
        "max_count": None,
        "max_mass_g": None,
        "reason": {"code": "ALCOHOL", "text": alcohol.family_reason_ru},
        "basis": "",
    }
    assert len(rules) == w.terms.rules.count()


def test_agreement_without_terms_in_force_has_none(w: World, north: Partner) -> None:
    agreement = Agreement.objects.create(
        title_ru="Б", title_uk="Б", title_en="B", valid_from=w.round.opens_on
    )
    agreement.signatories.set([w.north])

    assert north.get(f"/api/v1/agreements/{agreement.reference}/").json()["terms"] is None


def test_neutral_sees_agreements_of_its_rounds(w: World) -> None:
    harbour = partner(w.harbour, "liaison")

    assert [row["reference"] for row in listed(harbour, "agreements")] == [w.round.agreement.reference]


def test_foreign_and_unknown_are_not_found_alike(w: World, stranger: Partner) -> None:
    paths = [
        "/api/v1/rounds/december/",
        "/api/v1/rounds/nothing/",
        "/api/v1/rounds/%00/",
        f"/api/v1/agreements/{w.round.agreement.reference}/",
        "/api/v1/agreements/nothing/",
    ]

    assert (listed(stranger, "rounds"), listed(stranger, "agreements")) == ([], [])
    answers = [stranger.get(path) for path in paths]
    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 5
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("path", ["rounds/", "rounds/december/", "agreements/", "agreements/x/"])
def test_scope_is_needed(w: World, path: str) -> None:
    reader = partner(w.north, "liaison", scope="parcels:read")

    assert problem(reader.get(f"/api/v1/{path}")) == (403, "/problems/not-permitted")


@pytest.mark.parametrize("what", ["rounds", "agreements"])
def test_lists_ask_as_often_for_three_rows_as_for_one(w: World, north: Partner, what: str) -> None:
    with CaptureQueriesContext(connection) as one:
        assert len(listed(north, what)) == 1
    for number in (1, 2):
        another(w, number)
        agreement = Agreement.objects.create(
            title_ru="Б", title_uk="Б", title_en="B", valid_from=w.round.opens_on
        )
        agreement.signatories.set([w.north, w.south])

    with CaptureQueriesContext(connection) as three:
        assert len(listed(north, what)) == 3

    assert len(one) == len(three)


def test_pages_are_in_order(w: World, north: Partner) -> None:
    for number in (1, 2):
        another(w, number)

    first = north.get("/api/v1/rounds/", {"page_size": "2"}).json()
    second = north.get(first["next"]).json()

    seen = [row["reference"] for row in first["results"] + second["results"]]
    assert seen == ["december", "round-1", "round-2"]


def test_share_of_second_looks_and_keys_are_told_to_nobody(w: World, north: Partner) -> None:
    text = north.get(f"/api/v1/agreements/{w.round.agreement.reference}/").content.decode()

    assert ("second_look" in text, "internal" in text, "sealed_key" in text) == (False, False, False)
