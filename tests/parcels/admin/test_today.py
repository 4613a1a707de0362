"""The first page: what waits, for the roles that can do something about it; and quarantine."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parcels.actions import freeze, propose, vote
from parcels.models import Parcel, Quarantine
from people import actors
from people.models import AuditEntry, Staff
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    handed_over,
    move,
    organisation,
    registered,
    staff,
    world,
)  # fmt: skip
from tests.parcels.admin.desk import messages, signed_in, text


@pytest.fixture
def w(db: None) -> World:
    return world()


def numbers(member: Staff) -> dict[str, int]:
    answer = signed_in(member).get("/admin/")
    assert answer.status_code == HTTPStatus.OK
    return {each.label: each.many for each in answer.context["numbers"]}


def held(w: World) -> Parcel:
    return move(accepted(w), "hold", actors.worker(w.north.pk), findings=["X"])


def test_coordinator_sees_reviews_ties_and_acts(w: World) -> None:
    one, tie, _ = held(w), held(w), held(w)
    vote(one.number, "clear", by=w.act(w.bruno), now=NOON)
    vote(tie.number, "clear", by=w.act(w.bruno), now=NOON)
    vote(tie.number, "refuse", by=w.act(w.chiara), now=NOON, reason="OVER_MASS")
    frozen = cleared(w)
    freeze(frozen.number, by=w.act(w.ivo), now=NOON)
    propose(frozen.number, "unfreeze", by=w.act(w.gita), now=NOON, details={})
    Parcel.objects.filter(pk=one.pk).update(overdue_since=NOON)
    Parcel.objects.filter(pk=tie.pk).update(flagged=True)
    assert numbers(w.ivo) == {
        "in review": 3, "waiting for a second screener": 1, "two screeners differ": 1,
        "waiting for a second person": 1, "overdue": 1, "flagged": 1, "frozen": 1,
    }  # fmt: skip
    assert numbers(w.gita)["waiting for a second person"] == 0
    assert numbers(w.bruno) == {"in review": 3, "waiting for a second screener": 1, "overdue": 1}


def test_liaison_sees_hard_news(w: World) -> None:
    move(handed_over(w), "fail", w.act(w.elena), reason="unknown")
    assert numbers(w.gita)["hard news to release"] == 1
    page = signed_in(w.gita).get("/admin/parcels/parcel/news/")
    assert Parcel.objects.get().number in text(page)
    assert signed_in(w.ivo).get("/admin/parcels/parcel/news/").status_code == HTTPStatus.FORBIDDEN


def test_registrar_and_dispatcher_see_their_own_work(w: World) -> None:
    registered(w)
    cleared(w)
    assert numbers(w.amina) == {
        "overdue": 0,
        "to weigh and accept": 1,
        "not accepted as packed": 0,
        "ties to check": 1,
    }
    assert numbers(w.dawit) == {"overdue": 0, "to pack": 1, "packed": 0}


def test_manager_and_stranger_see_no_numbers_of_others(w: World) -> None:
    registered(w)
    assert numbers(staff("nadia", "manager", w.north)) == {}
    assert numbers(staff("zora", "coordinator", organisation("west"))) == {}


def test_menu_has_only_what_one_may_open(w: World) -> None:
    def ways(member: Staff) -> list[str]:
        groups = signed_in(member).get("/admin/").context["available_apps"]
        return [each["name"] for group in groups for each in group["models"]]

    assert ways(w.bruno) == ["Parcels", "Review", "Rounds", "Calendar", "Visits", "Agreements", "Terms"]
    assert ways(staff("nadia", "manager", w.north)) == [
        "Staff", "Systems", "Webhooks", "Deliveries to partners", "Rights", "Organisations", "Parties",
    ]  # fmt: skip


def test_every_way_of_the_menu_opens(w: World) -> None:
    registered(w)
    people = [w.amina, w.bruno, w.dawit, w.gita, w.ivo, w.elena, w.farid]
    people += [staff("nadia", "manager", w.north), staff("omar", "auditor", w.north)]
    for member in people:
        client = signed_in(member)
        for group in client.get("/admin/").context["available_apps"]:
            for each in group["models"]:
                assert (each["name"], client.get(each["admin_url"]).status_code) == (each["name"], 200)


def test_first_page_asks_as_often_for_three_parcels_as_for_one(w: World) -> None:
    counts = []
    for _ in range(3):
        held(w)
        client = signed_in(w.ivo)
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/")
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_who_serves_two_organisations_chooses_for_which(w: World) -> None:
    registered(w)
    west = organisation("west")
    w.ivo.grants.create(role="coordinator", organisation=west, from_at=NOON)
    client = signed_in(w.ivo)
    assert client.get("/admin/").context["acting_for"] == w.north
    client.post("/admin/acts-for/", {"organisation": west.pk})
    assert client.get("/admin/").context["acting_for"] == west
    assert client.get("/admin/parcels/parcel/").context["cl"].result_count == 0
    client.post("/admin/acts-for/", {"organisation": w.south.pk})
    assert client.get("/admin/").context["acting_for"] == west


def test_pages_speak_one_language_and_the_offices_own_time(w: World) -> None:
    w.north.time_zone = "Asia/Tokyo"
    w.north.save()
    parcel = registered(w)
    client = signed_in(w.amina)
    shown = text(client.get(f"/admin/parcels/parcel/{parcel.pk}/change/", headers={"accept-language": "ru"}))
    assert "20 Nov 2026, 21:00" in shown
    assert "Выйти" not in shown


def test_not_signed_in_is_asked_to(w: World) -> None:
    for url in ("/admin/", "/admin/parcels/parcel/review/", "/admin/parcels/parcel/waiting/"):
        assert Client().get(url)["Location"] == f"/admin/login/?next={url}"


def test_quarantined_parcel_is_let_go_by_a_coordinator(w: World) -> None:
    row = Quarantine.objects.create(kind="screen", parcel=accepted(w))
    told = {"action": "let_go", "_selected_action": [row.pk]}
    assert numbers(w.ivo)["in quarantine"] == 1
    signed_in(w.gita).post("/admin/parcels/quarantine/", told)
    assert Quarantine.objects.count() == 1
    done = signed_in(w.ivo).post("/admin/parcels/quarantine/", told, follow=True)
    assert messages(done) == ["1 let go: the worker takes them up again."]
    assert Quarantine.objects.count() == 0
    assert list(AuditEntry.objects.filter(outcome="done").values_list("act", "subject")) == [
        ("let_go", row.parcel_id)
    ]
