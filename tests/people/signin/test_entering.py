"""The pages on which staff come in, step by step."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from people.models import AuditEntry, Staff, StaffSession
from people.signin import recovery
from tests.authenticator import Authenticator
from tests.factories import organisation, staff
from tests.people.signin.people import PASSWORD, at_site, code, options, with_app, with_passkey
from tests.signing_in import signed_in

PASSWORD_PAGE, SECOND = "/admin/login/", "/admin/login/second/"


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def amina(db: None) -> Staff:
    return with_app(staff("amina", "registrar", organisation("north")))


def give_password(browser: Client, following: str = "") -> None:
    told = {"username": "amina", "password": PASSWORD, "next": following}
    assert browser.post(PASSWORD_PAGE, told)["Location"] == SECOND


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def test_password_and_app_sign_in_and_lead_on(amina: Staff, client: Client) -> None:
    give_password(client, "/admin/parcels/parcel/")
    assert client.post(SECOND, {"code": code()})["Location"] == "/admin/parcels/parcel/"
    assert is_in(client)
    entry = AuditEntry.objects.get()
    assert (entry.staff, entry.act, entry.purpose) == (amina, "sign_in", "app")


def test_nobody_is_led_to_another_site(amina: Staff, client: Client) -> None:
    give_password(client, "https://elsewhere.example.org/")
    assert client.post(SECOND, {"code": code()})["Location"] == "/admin/"


def test_wrong_code_and_used_code_open_nothing(amina: Staff, client: Client) -> None:
    now = code()
    give_password(client)
    assert client.post(SECOND, {"code": "12345"}).status_code == 200
    assert not is_in(client)
    client.post(SECOND, {"code": now})
    assert is_in(client)
    again = Client()
    give_password(again)
    again.post(SECOND, {"code": now})
    assert not is_in(again)
    assert StaffSession.objects.count() == 1


def test_recovery_code_signs_in_once(amina: Staff, client: Client) -> None:
    word = recovery.make_new(amina)[0]
    give_password(client)
    client.post(SECOND, {"code": word})
    assert is_in(client)
    assert StaffSession.objects.get().way == "recovery_code"
    again = Client()
    give_password(again)
    again.post(SECOND, {"code": word})
    assert not is_in(again)


def test_passkey_is_a_second_factor_of_whose_password_it_was_only(amina: Staff) -> None:
    bruno = staff("bruno", "screener", organisation("south"))
    keys: list[Authenticator] = [
        with_passkey(each, signed_in(each, client=at_site())) for each in (bruno, amina)
    ]
    for key, comes_in in zip(keys, (False, True), strict=True):
        browser = at_site()
        give_password(browser)
        asked = options(browser, "/admin/login/passkey/options/", step="second")
        browser.post("/admin/login/passkey/", {"answer": key.show(asked), "step": "second"})
        assert is_in(browser) == comes_in


def test_second_factor_is_asked_for_five_minutes(amina: Staff, client: Client) -> None:
    give_password(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert client.post(SECOND, {"code": code()})["Location"] == PASSWORD_PAGE
        assert not is_in(client)


def test_second_factor_without_a_password_leads_to_the_password(amina: Staff, client: Client) -> None:
    assert client.post(SECOND, {"code": code()})["Location"] == PASSWORD_PAGE
    assert not is_in(client)


def test_eleventh_code_is_refused_even_when_right(amina: Staff, client: Client) -> None:
    give_password(client)
    for _ in range(10):
        client.post(SECOND, {"code": "12345"})
    answer = client.post(SECOND, {"code": code()})
    assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 900) == (429, True)
    assert not is_in(client)


def test_session_gets_a_new_key_at_each_step(amina: Staff, client: Client) -> None:
    give_password(client)
    before = client.session.session_key
    client.post(SECOND, {"code": code()})
    assert client.session.session_key != before
    assert "password_given" not in client.session


def test_signing_out_ends_the_session_on_the_server(amina: Staff) -> None:
    browser = signed_in(amina)
    cookie = browser.cookies["session"].value
    left = browser.post("/admin/logout/")
    assert left["Clear-Site-Data"] == '"cache", "storage"'
    assert not StaffSession.objects.exists()
    stolen = Client()
    stolen.cookies["session"] = cookie
    assert not is_in(stolen)


def test_session_keeps_nothing_personal(amina: Staff, client: Client) -> None:
    give_password(client)
    client.post(SECOND, {"code": code()})
    is_in(client)
    assert set(client.session.keys()) <= {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
        "_messages",
    }


def test_questions_for_passkeys_are_bounded_by_network(db: None) -> None:
    answers = [Client().post("/admin/login/passkey/options/").status_code for _ in range(62)]
    assert answers == [200] * 60 + [429] * 2
