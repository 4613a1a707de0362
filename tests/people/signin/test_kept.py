"""A form that came after the session had ended is kept for the one who typed it, and sent by a button."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from people.models import Staff
from people.signin import sessions
from tests.factories import World, registered, world
from tests.people.signin.people import PASSWORD, code, with_app
from tests.signing_in import signed_in

KEPT = "/admin/account/kept/"
LATE = sessions.IDLE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def w(db: None) -> World:
    return world()


def sign_in_again(browser: Client, member: Staff) -> str:
    browser.post("/admin/login/", {"username": member.username, "password": PASSWORD})
    return str(browser.post("/admin/login/second/", {"code": code()})["Location"])


def test_form_sent_too_late_is_kept_sealed_and_sent_after_signing_in(w: World) -> None:
    amina, parcel = with_app(w.amina), registered(w)
    browser, url = signed_in(amina), f"/admin/parcels/parcel/{parcel.pk}/note/"
    with time_machine.travel(timezone.now() + LATE):
        told = {"about": "recipient", "text": "he wears glasses"}
        assert browser.post(url, told)["Location"] == f"/admin/login/?next={url}"
        assert not parcel.notes.exists()
        assert all(b"glasses" not in str(each.get_decoded()).encode() for each in Session.objects.all())
        assert "What you typed is kept" in browser.get("/admin/login/").content.decode()
        assert sign_in_again(browser, amina) == KEPT
        page = browser.get(KEPT)
        assert f'action="{url}"' in page.content.decode()
        assert 'name="text" value="he wears glasses"' in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        browser.post(url, told)
    assert parcel.notes.count() == 1


def test_form_is_kept_for_nobody_else(w: World) -> None:
    browser, bruno = signed_in(with_app(w.amina)), with_app(w.bruno)
    with time_machine.travel(timezone.now() + LATE):
        browser.post("/admin/account/", {"do": "x", "text": "he wears glasses"})
        assert sign_in_again(browser, bruno) == "/admin/"
        assert browser.get(KEPT).status_code == 404


def test_nothing_is_kept_of_a_stranger(w: World) -> None:
    browser = Client()
    browser.post("/admin/account/", {"do": "x", "text": "y"})
    assert not Session.objects.exists()


def test_nothing_is_kept_of_a_session_that_was_ended(w: World) -> None:
    browser = signed_in(w.amina)
    sessions.end(w.amina)
    browser.post("/admin/account/", {"do": "x", "text": "y"})
    assert "kept" not in browser.session


def test_large_form_is_not_kept_and_says_so(w: World) -> None:
    browser = signed_in(with_app(w.amina))
    with time_machine.travel(timezone.now() + LATE):
        browser.post("/admin/account/", {"text": "x" * 300_000})
        assert "too large to keep" in browser.get("/admin/login/").content.decode()
        assert sign_in_again(browser, w.amina) == "/admin/"


def test_kept_form_is_gone_after_an_hour(w: World) -> None:
    amina = with_app(w.amina)
    browser = signed_in(amina)
    with time_machine.travel(timezone.now() + LATE):
        browser.post("/admin/account/", {"text": "y"})
    with time_machine.travel(timezone.now() + LATE + timedelta(hours=1)):
        assert sign_in_again(browser, amina) == "/admin/"
