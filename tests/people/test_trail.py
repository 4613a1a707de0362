"""What a request leaves in the audit: signing in and out, refusals, forged forms, tokens."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from people import trail
from people.models import AuditEntry, Person
from tests.databases import Database
from tests.factories import World, client, organisation, person, staff, world
from tests.parcels.admin.desk import opened_person, signed_in, text
from tests.people.signin.people import PASSWORD, code, with_app

SECOND = "/admin/login/second/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def entries(*fields: str, **of: Any) -> list[tuple[Any, ...]]:
    return list(AuditEntry.objects.filter(**of).order_by("pk").values_list(*fields))


def test_coming_in_and_going_out_is_recorded(w: World) -> None:
    with_app(w.amina)
    browser = Browser()
    browser.post("/admin/login/", {"username": "amina", "password": "wrong"})
    browser.post("/admin/login/", {"username": "amina", "password": PASSWORD})
    browser.post(SECOND, {"code": code()})
    browser.post("/admin/logout/")

    assert entries("by", "staff", "act", "subject_kind", "subject", "outcome") == [
        ("stranger", None, "sign_in_refused", "staff", w.amina.pk, "refused"),
        ("staff", w.amina.pk, "sign_in", "", None, "done"),
        ("staff", w.amina.pk, "sign_out", "", None, "done"),
    ]
    assert {route for (route,) in entries("route")} == {"login", "login_second", "logout"}


def test_unknown_name_is_kept_as_a_hash_and_a_throttled_try_once(w: World) -> None:
    browser = Browser()
    for _ in range(11):
        browser.post("/admin/login/", {"username": "mallory", "password": "wrong"})

    found = entries("act", "name_hash", "subject")
    assert len(found) == 11
    assert {(act, len(name), subject) for act, name, subject in found} == {
        ("sign_in_refused", 32, None),
        ("throttled", 0, None),
    }
    assert "mallory" not in str(list(AuditEntry.objects.values()))


def test_page_of_others_is_refused_and_recorded(w: World) -> None:
    held = person(w)
    signed_in(w.dawit).get(f"/admin/people/person/{held.pk}/change/")
    far = signed_in(staff("zora", "liaison", organisation("west")))
    assert far.get(f"/admin/people/person/{held.pk}/change/").status_code == HTTPStatus.NOT_FOUND

    assert entries("by", "act", "subject_kind", "subject", "route") == [
        ("staff", "refused", "person", held.pk, "people_person_change"),
        ("staff", "not_theirs", "person", held.pk, "people_person_change"),
    ]


def test_stranger_at_the_door_leaves_nothing(w: World) -> None:
    assert Browser().get("/admin/").status_code == HTTPStatus.FOUND
    assert Browser().get("/no/such/page/").status_code == HTTPStatus.NOT_FOUND
    assert signed_in(w.amina).get("/admin/no/such/page/").status_code == HTTPStatus.NOT_FOUND
    assert entries("act") == []


def test_forged_form_is_recorded(w: World) -> None:
    browser = signed_in(w.ivo, client=Browser(enforce_csrf_checks=True))
    assert browser.post("/admin/acts-for/", {"organisation": w.south.pk}).status_code == HTTPStatus.FORBIDDEN
    assert entries("act", "staff", "route") == [("forged", w.ivo.pk, "acts_for")]


def test_look_at_a_place_that_is_not_theirs_is_recorded_with_its_purpose(w: World) -> None:
    held = person(w)
    north = signed_in(staff("lena", "logistics", w.north))
    north.post("/admin/people/detention/", {"who": held.reference, "purpose": "verification"})
    assert entries("act", "outcome", "purpose", "organisation") == [
        ("see_detention", "refused", "verification", w.north.pk)
    ]


def token(browser: Browser, client_id: str, secret: str = "a-secret-for-tests-only") -> Any:
    told = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return browser.post("/oauth/token/", told)


def test_tokens_given_and_refused_are_recorded(w: World) -> None:
    system, browser = client(w.harbour, "liaison"), Browser()
    given = token(browser, system.client_id).json()["access_token"]
    token(browser, system.client_id, "wrong")
    token(browser, "nobody")

    assert entries("by", "client", "act", "subject_kind", "subject", "outcome") == [
        ("client", system.pk, "token_given", "", None, "done"),
        ("stranger", None, "token_refused", "client", system.pk, "refused"),
        ("stranger", None, "token_refused", "", None, "refused"),
    ]
    headers = {"authorization": f"Bearer {given}"}
    assert (
        browser.get("/api/v1/people/0000000000000000/", headers=headers).status_code == HTTPStatus.NOT_FOUND
    )
    assert (
        browser.get("/api/v1/people/", headers={"authorization": "Bearer x"}).status_code
        == HTTPStatus.UNAUTHORIZED
    )
    assert entries("by", "client", "act")[3:] == [
        ("client", system.pk, "not_theirs"), ("stranger", None, "refused"),
    ]  # fmt: skip


def test_stranger_cannot_fill_the_audit(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "STRANGERS", 3)
    for _ in range(8):
        token(Browser(), "nobody")
    assert len(entries("act")) == 3


def test_refusal_stands_for_good(committed_db: Database) -> None:
    here = world()
    held = person(here)
    signed_in(here.dawit).get(f"/admin/people/person/{held.pk}/change/")
    assert entries("act", "subject") == [("refused", held.pk)]


@pytest.fixture
def many(w: World) -> list[Person]:
    return [person(w, f"Petro Held{number}") for number in range(51)]


def test_fifty_first_person_of_an_hour_is_not_shown_and_says_why(w: World, many: list[Person]) -> None:
    gita = signed_in(w.gita)
    answers = [opened_person(gita, each.pk) for each in many]

    assert [each.status_code for each in answers] == [HTTPStatus.OK] * 50 + [HTTPStatus.FORBIDDEN]
    said = text(answers[50])
    assert "More than 50 different people were opened in an hour" in said
    assert "A coordinator who is not you lifts this." in said
    assert "Held50" not in said
    assert len(entries(act="open_person")) == 50
    assert entries("subject_kind", "route", act="too_many_opened") == [("people", "people_person_change")]
    assert entries(act="refused") == []

    first = text(signed_in(w.ivo).get("/admin/"))
    assert "1 alarms Look at them now." in first
    assert "alarms" not in text(signed_in(w.amina).get("/admin/"))


def test_system_is_told_why_it_reads_no_more(w: World, many: list[Person]) -> None:
    system, browser = client(w.north, "liaison"), Browser()
    headers = {"authorization": f"Bearer {token(browser, system.client_id).json()['access_token']}"}
    first = browser.get("/api/v1/people/?page_size=200", headers=headers).json()
    assert len(first["results"]) == 50

    answer = browser.get(first["next"], headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")
    assert answer.json()["detail"].startswith("More than 50 different people")
    assert len(entries(act="list_person", client=system.pk)) == 50
