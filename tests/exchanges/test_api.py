from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import draft_terms, first_terms, make_round, next_version, postpone_round
from exchanges.models import Agreement, ContentRule, Round, Terms
from tests import factories
from tests.factories import NOON, World, world
from tests.partners import Partner, partner, problem, told

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
        "postponed_until": None,
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

    assert [row["mirror"] for row in listed(north, "rounds")] == ["round-1", "december"]


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
        "ended_on": None,
        "succeeds": None,
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
        f"/api/v1/agreements/{w.round.agreement.reference}/terms/",
        "/api/v1/agreements/nothing/",
    ]

    assert (listed(stranger, "rounds"), listed(stranger, "agreements")) == ([], [])
    answers = [stranger.get(path) for path in paths]
    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 6
    assert len({told(answer) for answer in answers}) == 1


def test_postponed_round_says_until_when(w: World, north: Partner) -> None:
    until, by = date(2027, 1, 10), w.act(w.ivo)
    postpone_round(w.round, "weather", until=until, closes_on=date(2027, 1, 31), by=by, now=NOON)

    told = north.get("/api/v1/rounds/december/").json()

    assert (told["status"], told["postponed_until"], told["closes_on"]) == (
        "postponed", "2027-01-10", "2027-01-31",
    )  # fmt: skip
    assert "weather" not in str(told)


def versions(reader: Partner, agreement: Agreement) -> list[dict[str, Any]]:
    return listed(reader, f"agreements/{agreement.reference}/terms")


def in_force(terms: Terms, **fields: object) -> Terms:
    Terms.objects.filter(agreement=terms.agreement, status="in_force").update(status="superseded")
    Terms.objects.filter(pk=terms.pk).update(status="in_force", in_force_at=NOON, **fields)
    return terms


def test_versions_are_told_with_what_each_changed(w: World, north: Partner) -> None:
    second = next_version(w.terms)
    soap = second.rules.get(category="HYGIENE")
    ContentRule.objects.filter(pk=soap.pk).update(verdict="prohibit", reason_code="LOCAL_RULE")
    second.stays.filter(status="cleared").update(longest_days=60)
    in_force(second, mass_max_g=8_000, second_look_share="0.500", quota_per_prisoner=None)
    next_version(w.terms)  # a draft is nobody's business yet

    first, told = versions(north, w.round.agreement)

    assert (first["version"], first["status"], first["compared_with"], first["differences"]) == (
        1, "superseded", None, [],
    )  # fmt: skip
    assert (told["version"], told["status"], told["touches"]) == (2, "in_force", "not_sealed")
    assert told["compared_with"] == {"agreement": w.round.agreement.reference, "version": 1}
    assert [(each["about"], each["name"], each["change"]) for each in told["differences"]] == [
        ("limit", "mass_max_g", "changed"),
        ("limit", "quota_per_prisoner", "changed"),
        ("stay", "cleared", "changed"),
        ("rule", "HYGIENE", "changed"),
    ]
    assert [(each["before"], each["after"]) for each in told["differences"]] == [
        (10_000, 8_000),
        (2, None),
        (
            {"usual_days": [3, 21], "longest_days": 45},
            {"usual_days": [3, 21], "longest_days": 60},
        ),
        (
            {
                "verdict": soap.verdict, "max_count": soap.max_count, "max_mass_g": soap.max_mass_g,
                "basis": soap.basis, "reason_code": soap.reason_code,
            },
            {
                "verdict": "prohibit", "max_count": soap.max_count, "max_mass_g": soap.max_mass_g,
                "basis": soap.basis, "reason_code": "LOCAL_RULE",
            },
        ),
    ]  # fmt: skip


def test_succeeded_agreement_is_named_only_to_who_may_see_it(w: World, north: Partner) -> None:
    west = factories.organisation("west")
    successor = Agreement.objects.create(
        title_en="B", valid_from=w.round.opens_on, succeeds=w.round.agreement
    )
    successor.signatories.set([w.north, west])
    in_force(first_terms(successor), mass_max_g=9_000)
    reader, path = partner(west, "liaison"), f"/api/v1/agreements/{successor.reference}/"

    assert north.get(path).json()["succeeds"] == w.round.agreement.reference
    assert reader.get(path).json()["succeeds"] is None
    assert [len(versions(each, successor)[0]["differences"]) for each in (north, reader)] == [1, 0]
    assert versions(reader, successor)[0]["compared_with"] is None


@pytest.mark.parametrize(
    "path", ["rounds/", "rounds/december/", "agreements/", "agreements/x/", "agreements/x/terms/"]
)
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
