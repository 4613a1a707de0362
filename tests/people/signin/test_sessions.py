"""Sessions: what they need, how long they last, and how they end at once."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from people.models import AuditEntry, StaffSession
from people.signin import sessions
from people.signin.passwords import BACKEND
from tests.factories import World, staff, world
from tests.signing_in import signed_in

ACCOUNT = "/admin/account/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def test_session_without_a_second_factor_is_nobodys(w: World) -> None:
    browser = Client()
    browser.force_login(w.amina, backend=BACKEND)
    assert browser.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert browser.get(ACCOUNT)["Location"] == f"/admin/login/?next={ACCOUNT}"
    assert not Session.objects.exists()


def test_session_row_of_somebody_else_opens_nothing(w: World) -> None:
    browser = signed_in(w.amina)
    StaffSession.objects.update(staff=w.bruno)
    assert not is_in(browser)


@pytest.mark.parametrize(("minutes", "lasts"), [(14, True), (15.1, False)])
def test_session_ends_after_a_quarter_of_an_hour_without_use(w: World, minutes: float, lasts: bool) -> None:
    browser, now = signed_in(w.amina), timezone.now()
    with time_machine.travel(now + timedelta(minutes=minutes)):
        assert is_in(browser) == lasts
    assert StaffSession.objects.exists() == lasts


def test_session_in_use_ends_after_eight_hours(w: World) -> None:
    browser, now = signed_in(w.amina), timezone.now()
    for minutes in range(0, 480, 12):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert is_in(browser)
    with time_machine.travel(now + timedelta(hours=8, seconds=1)):
        assert not is_in(browser)


def test_session_goes_on_while_the_secret_is_rotated(w: World, settings: Settings) -> None:
    browser, earlier = signed_in(w.amina), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 8, [earlier]

    assert is_in(browser)
    assert StaffSession.objects.get().session_key == browser.cookies["session"].value

    settings.SECRET_KEY_FALLBACKS = []
    assert is_in(browser)


def test_member_sees_and_ends_their_sessions_and_nobody_elses(w: World) -> None:
    here, there, other = signed_in(w.amina), signed_in(w.amina), signed_in(w.bruno)
    theirs, brunos = (
        StaffSession.objects.filter(staff=w.amina).order_by("pk"),
        StaffSession.objects.get(staff=w.bruno),
    )
    shown = here.get(ACCOUNT).content.decode()
    assert "Firefox (this one)" in shown
    here.post(ACCOUNT, {"do": "end_session", "session": brunos.pk})
    assert is_in(other)
    here.post(ACCOUNT, {"do": "end_session", "session": theirs[1].pk})
    assert (is_in(here), is_in(there)) == (True, False)
    assert AuditEntry.objects.filter(staff=w.amina, act="session_ended").count() == 2


def test_all_other_sessions_end_together(w: World) -> None:
    here, there, third = (signed_in(w.amina) for _ in range(3))
    here.post(ACCOUNT, {"do": "end_session"})
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, False)


def test_manager_ends_all_sessions_of_a_member(w: World) -> None:
    nadia, browsers = staff("nadia", "manager", w.north), [signed_in(w.amina) for _ in range(2)]
    signed_in(nadia).post(f"/admin/people/staff/{w.amina.pk}/look-after/", {"do": "end_sessions"})
    assert not any(is_in(each) for each in browsers)
    assert not Session.objects.filter(
        session_key__in=[each.cookies["session"].value for each in browsers]
    ).exists()


def test_others_end_nobodys_sessions(w: World) -> None:
    browser = signed_in(w.amina)
    answer = signed_in(w.ivo).post(f"/admin/people/staff/{w.amina.pk}/look-after/", {"do": "end_sessions"})
    assert (answer.status_code, is_in(browser)) == (403, True)


def test_closed_account_is_out_at_once(w: World) -> None:
    nadia, browser = staff("nadia", "manager", w.north), signed_in(w.amina)
    told = {"username": "amina", "grants-TOTAL_FORMS": 0, "grants-INITIAL_FORMS": 0}
    signed_in(nadia).post(f"/admin/people/staff/{w.amina.pk}/change/", told)
    assert not StaffSession.objects.filter(staff=w.amina).exists()
    assert not is_in(browser)


def test_member_whose_last_right_has_ended_is_out_at_once(w: World) -> None:
    browser = signed_in(w.amina)
    w.amina.grants.update(until_at=timezone.now())
    assert not is_in(browser)
    assert not StaffSession.objects.exists()


def test_seen_is_written_no_more_often_than_every_half_minute(w: World) -> None:
    browser, now = signed_in(w.amina), timezone.now()
    was = StaffSession.objects.get().seen_at
    with time_machine.travel(now + timedelta(seconds=20)):
        is_in(browser)
    assert StaffSession.objects.get().seen_at == was
    with time_machine.travel(now + timedelta(seconds=31)):
        is_in(browser)
    assert StaffSession.objects.get().seen_at > was


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
            "Chrome",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge"),
        ("", "another"),
    ],
)
def test_browser_is_kept_by_its_family(agent: str, family: str) -> None:
    assert sessions.browser_of(agent) == family
