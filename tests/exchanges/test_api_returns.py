"""Returns as partners' systems read them: their own, with every count, and never where somebody is."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.models import Return
from people.models import AuditEntry
from tests import factories
from tests.factories import NOON, World, group_asked_for, wished, world
from tests.partners import SCOPES, Partner, partner, problem, told

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 12)


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def group(w: World) -> Return:
    """Two persons named, one who stays behind, with words and places that nobody outside reads."""
    group = group_asked_for(w, "Vera Lake", "Taras Lake", title="Title-canary", region="Region-canary")
    vera, taras = group.persons.order_by("pk")
    gita = w.act(w.gita)
    wished(w, vera, words="Wish-canary")
    actions.state_whereabouts(
        vera, "Place-canary", DAY, stated_by=w.south, responsible=w.south, by=gita, now=NOON
    )
    actions.change_person(taras, "set_aside", happened_on=DAY, reason="health", by=gita, now=NOON)
    actions.state_count(group, 6, "returned", stated_by=w.north, said_on=DAY, by=gita, now=NOON)
    actions.state_count(
        group, 7, "own_operations", stated_by=w.harbour, said_on=date(2026, 11, 13), words="Scope-canary",
        published_on=date(2026, 11, 14), document="Report 7", by=gita, now=NOON,
    )  # fmt: skip
    told = actions.Statement("not_accepted_back", "Claim-canary", DAY, w.south)
    actions.record_claim(group, told, by=gita, now=NOON)
    return group


def one(reader: Partner, group: Return) -> dict[str, Any]:
    answer = reader.get(f"/api/v1/returns/{group.reference}/")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_return_is_told_with_every_count_and_its_source(w: World, group: Return) -> None:
    expected = {
        "reference": group.reference,
        "status": "requested",
        "from_organisation": "south",
        "to_organisation": "north",
        "intermediary": "harbour",
        "responsible": "south",
        "agreement": w.round.agreement.reference,
        "requested_on": "2026-11-01",
        "planned_on": None,
        "persons_named": 1,
        "counts": [
            {
                "number": 6, "scope": "returned", "stated_by": "north", "source": "", "said_on": "2026-11-12",
                "published_on": None, "document": "",
            },
            {
                "number": 7, "scope": "own_operations", "stated_by": "harbour", "source": "",
                "said_on": "2026-11-13", "published_on": "2026-11-14", "document": "Report 7",
            },
        ],
    }  # fmt: skip
    vera = group.persons.order_by("pk")[0].person.reference
    reader = partner(w.north, "liaison")

    assert reader.get("/api/v1/returns/").json()["results"] == [expected]
    assert one(reader, group) == {**expected, "persons": [{"reference": vera, "name": "Vera Lake"}]}


@pytest.mark.parametrize("organisation", ["north", "south", "harbour"])
def test_organisations_named_on_it_read_the_same(w: World, group: Return, organisation: str) -> None:
    reader = partner(getattr(w, organisation), "liaison")
    assert (one(reader, group)["reference"], one(reader, group)["intermediary"]) == (
        group.reference,
        "harbour",
    )


def test_intermediary_is_named_to_those_who_need_it_wherever_it_appears(w: World, group: Return) -> None:
    Return.objects.filter(pk=group.pk).update(responsible=w.harbour)
    for organisation in (w.north, w.south):
        reader = partner(organisation, "registrar", "dispatcher")
        told = one(reader, group)
        assert (told["intermediary"], told["responsible"]) == (None, None)
        assert [count["stated_by"] for count in told["counts"]] == ["north", None]
        for path in (f"/api/v1/returns/{group.reference}/", "/api/v1/returns/"):
            assert "harbour" not in reader.get(path).content.decode().casefold()
    assert one(partner(w.harbour, "logistics"), group)["responsible"] == "harbour"


def test_persons_need_the_scope_and_opening_names_is_recorded(w: World, group: Return) -> None:
    without = partner(w.north, "liaison", scope="agreements:read")
    assert one(without, group)["persons"] is None
    assert "Vera" not in without.get(f"/api/v1/returns/{group.reference}/").content.decode()
    assert not AuditEntry.objects.exclude(act="token_given").filter(outcome="done").exists()

    one(partner(w.north, "liaison", scope="agreements:read people:read"), group)
    looks = AuditEntry.objects.exclude(act="token_given")
    assert list(looks.values_list("act", "subject_kind", "subject")) == [("read_people", "return", group.pk)]
    assert looks.get().client is not None


@pytest.mark.parametrize("organisation", ["north", "south", "harbour"])
def test_places_wishes_words_and_claims_are_told_to_nobody(
    w: World, group: Return, organisation: str
) -> None:
    reader = partner(getattr(w, organisation), "liaison", "coordinator")
    for path in ("/api/v1/returns/", f"/api/v1/returns/{group.reference}/"):
        text = reader.get(path).content.decode()
        assert "canary" not in text
        assert ("wish" in text, "stay" in text, "where" in text, "claim" in text) == (False,) * 4


def test_foreign_and_unknown_are_not_found_alike(w: World, group: Return) -> None:
    stranger = partner(factories.organisation("elsewhere"), "liaison", "coordinator")
    paths = [group.reference, "nothing", "%00"]
    answers = [stranger.get(f"/api/v1/returns/{path}/") for path in paths]
    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 3
    assert len({told(answer) for answer in answers}) == 1
    assert stranger.get("/api/v1/returns/").json()["results"] == []
    assert not AuditEntry.objects.exclude(act="token_given").filter(outcome="done").exists()


@pytest.mark.parametrize("path", ["", "x/"])
def test_scope_is_needed(w: World, path: str) -> None:
    scope = " ".join(set(SCOPES.split()) - {"agreements:read"})
    reader = partner(w.north, "liaison", scope=scope)
    assert problem(reader.get(f"/api/v1/returns/{path}")) == (403, "/problems/not-permitted")


def test_lists_ask_as_often_for_three_rows_as_for_one(w: World, group: Return) -> None:
    reader = partner(w.north, "liaison")
    with CaptureQueriesContext(connection) as one_row:
        assert len(reader.get("/api/v1/returns/").json()["results"]) == 1
    for name in ("Olga Hill", "Petro Field"):
        more = group_asked_for(w, name)
        actions.state_count(more, 1, "returned", stated_by=w.north, said_on=DAY, by=w.act(w.gita), now=NOON)
    with CaptureQueriesContext(connection) as three:
        assert len(reader.get("/api/v1/returns/").json()["results"]) == 3
    assert len(one_row) == len(three)


def test_two_groups_of_one_region_and_day_are_two(w: World) -> None:
    groups = [group_asked_for(w, "Vera Lake"), group_asked_for(w, "Taras Lake")]
    told = partner(w.south, "liaison").get("/api/v1/returns/").json()["results"]
    assert sorted(row["reference"] for row in told) == sorted(group.reference for group in groups)
    assert [row["persons_named"] for row in told] == [1, 1]
