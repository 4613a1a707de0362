"""Letting somebody in: by a link that works once, and again by two managers."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from people import actors, approvals
from people.models import (
    Approval,
    AuditEntry,
    AuthenticatorApp,
    Invitation,
    Passkey,
    RecoveryCode,
    Staff,
    StaffSession,
)
from people.signin import invitations, totp
from tests.authenticator import Authenticator
from tests.databases import Database
from tests.factories import NOON, World, organisation, staff, world
from tests.people.signin.people import PASSWORD, at_site, options, with_app, with_passkey
from tests.signing_in import signed_in

STAFF = "/admin/people/staff/"


@pytest.fixture(autouse=True)
def _hash_fast(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def nadia(w: World) -> Staff:
    return with_app(staff("nadia", "manager", w.north))


@pytest.fixture
def link(w: World) -> str:
    return f"/invitation/{invitations.issue(w.amina, by=None, now=timezone.now())}/"


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def shown_secret(browser: Client, link: str) -> tuple[str, bytes]:
    """Return the secret sealed, as the form brings it back, and as the app scans it."""
    page = browser.get(link).context
    return page["secret"], totp.brought_back(page["invitation"].staff, page["secret"]) or b""


def with_password(browser: Client, link: str, password: str = "fifteen letters at least", **more: str) -> str:
    sealed, secret = shown_secret(browser, link)
    now = totp.code_at(secret, int(timezone.now().timestamp()) // totp.STEP_S)
    told = {"do": "app", "password": password, "password_again": password, "secret": sealed, "code": now}
    return unescape(browser.post(link, told | more).content.decode())


def test_invited_member_chooses_password_and_app_and_is_in(w: World, link: str, client: Client) -> None:
    page = with_password(client, link)
    assert len(re.findall(r'<li class="mono">[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}</li>', page)) == 10
    assert is_in(client)
    w.amina.refresh_from_db()
    assert w.amina.check_password("fifteen letters at least")
    assert StaffSession.objects.get().way == "app"
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == [
        "invited",
        "invitation_used",
    ]


def test_invited_member_chooses_a_passkey_and_is_in(w: World, link: str) -> None:
    browser = at_site()
    answer = Authenticator().make(options(browser, f"{link}options/"))
    browser.post(link, {"do": "passkey", "answer": answer, "name": "Office laptop"})
    assert is_in(browser)
    assert Passkey.objects.get().staff == w.amina
    assert RecoveryCode.objects.count() == 10


def test_invitation_works_once(w: World, link: str, client: Client) -> None:
    with_password(client, link)
    again = Client()
    assert again.get(link).status_code == 404
    assert again.post(f"{link}options/").status_code == 404
    assert "does not work" in again.post(link, {"do": "app"}).content.decode()
    assert not is_in(again)


def test_looking_at_an_invitation_uses_nothing_up(w: World, link: str, client: Client) -> None:
    assert client.get(link).status_code == 200
    assert not is_in(client)
    assert Invitation.objects.get().closed_at is None


def test_invitation_is_kept_as_a_hash(link: str) -> None:
    assert link.split("/")[2].encode() not in bytes(Invitation.objects.get().token_hash)


@pytest.mark.parametrize(
    ("password", "more", "said"),
    [
        ("too short", {}, "at least 15 characters"),
        ("fifteen letters at least", {"password_again": "fifteen letters at most"}, "not the same"),
        ("fifteen letters at least", {"code": "000000x"}, "does not fit"),
        ("fifteen letters at least", {"secret": "made up"}, "Welcome to Lifeline"),
    ],
)
def test_what_is_wrong_sets_nothing_and_leaves_the_invitation(
    w: World, link: str, client: Client, password: str, more: dict[str, str], said: str
) -> None:
    assert said in with_password(client, link, password, **more)
    w.amina.refresh_from_db()
    assert not w.amina.check_password(password)
    assert not AuthenticatorApp.objects.exists()
    assert Invitation.objects.get().closed_at is None
    assert not is_in(client)


def test_invitation_is_dead_after_72_hours(w: World, link: str, client: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=72, seconds=1)):
        assert client.get(link).status_code == 404


def test_invitation_to_a_closed_account_is_dead(w: World, link: str, client: Client) -> None:
    Staff.objects.filter(pk=w.amina.pk).update(is_active=False)
    assert client.get(link).status_code == 404


def test_newer_link_ends_the_older(w: World, link: str, client: Client) -> None:
    invitations.issue(w.amina, by=None, now=timezone.now())
    assert client.get(link).status_code == 404
    assert Invitation.objects.filter(closed_at=None).count() == 1


def test_invitation_used_by_two_at_once_lets_one_in(committed_db: Database) -> None:
    token = invitations.issue(staff("amina", "registrar", organisation("north")), by=None, now=timezone.now())

    def use(number: int) -> bool:
        try:
            browser = Client()
            with_password(browser, f"/invitation/{token}/", f"a password of number {number}")
            return is_in(browser)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1
    assert Passkey.objects.count() + AuthenticatorApp.objects.count() == 1


def test_manager_invites_and_sees_the_link_once(w: World, nadia: Staff, client: Client) -> None:
    browser = signed_in(nadia)
    told = {
        "username": "bela", "display_name": "Bela", "is_active": "on", "grants-TOTAL_FORMS": 1,
        "grants-INITIAL_FORMS": 0, "grants-0-role": "screener", "grants-0-organisation": w.north.pk,
        "grants-0-from_at_0": "2026-11-01", "grants-0-from_at_1": "00:00", "grants-0-until_at_0": "",
        "grants-0-until_at_1": "",
    }  # fmt: skip
    page = browser.post(f"{STAFF}add/", told).content.decode()
    (path,) = re.findall(r"http://testserver(/invitation/[\w-]{43}/)", page)
    bela = Staff.objects.get(username="bela")
    assert not bela.has_usable_password()
    assert path not in browser.get(f"{STAFF}{bela.pk}/change/").content.decode()
    with_password(client, path)
    assert is_in(client)


def test_one_manager_alone_lets_nobody_in_again(w: World, nadia: Staff) -> None:
    amina, browser = with_app(w.amina), signed_in(nadia)
    url = f"{STAFF}{amina.pk}/look-after/"
    for do in ("invite", "propose", "confirm"):
        browser.post(url, {"do": do})
    amina.refresh_from_db()
    assert amina.check_password(PASSWORD)
    assert AuthenticatorApp.objects.filter(staff=amina).exists()
    assert not Invitation.objects.exists()
    assert Approval.objects.get().decision is None


def test_two_managers_take_all_ways_in_away_and_invite_again(w: World, nadia: Staff, client: Client) -> None:
    amina, mira = with_app(w.amina), staff("mira", "manager", w.north)
    with_passkey(amina, signed_in(amina, client=at_site()))
    was_in, url = signed_in(amina), f"{STAFF}{amina.pk}/look-after/"
    signed_in(nadia).post(url, {"do": "propose"})
    assert (
        "proposed to take all their ways in away"
        in signed_in(mira).get(f"{STAFF}{amina.pk}/change/").content.decode()
    )
    page = signed_in(mira).post(url, {"do": "confirm"}).content.decode()
    amina.refresh_from_db()
    assert not amina.has_usable_password()
    assert not Passkey.objects.exists()
    assert not AuthenticatorApp.objects.filter(staff=amina).exists()
    assert not is_in(was_in)
    (path,) = re.findall(r"/invitation/[\w-]{43}/", page)
    with_password(client, path)
    assert is_in(client)


def test_second_manager_may_reject(w: World, nadia: Staff) -> None:
    amina, mira = with_app(w.amina), staff("mira", "manager", w.north)
    url = f"{STAFF}{amina.pk}/look-after/"
    signed_in(nadia).post(url, {"do": "propose"})
    signed_in(mira).post(url, {"do": "reject"})
    assert Approval.objects.get().decision == "rejected"
    assert AuthenticatorApp.objects.filter(staff=amina).exists()


def test_nobody_decides_about_themselves_and_no_officer_decides_this(w: World, nadia: Staff) -> None:
    with pytest.raises(approvals.NotYours):
        invitations.propose_reset(nadia, by=w.act(nadia), now=NOON)
    with pytest.raises(approvals.NotYours):
        invitations.propose_reset(w.amina, by=w.act(w.ivo), now=NOON)
    mira = staff("mira", "manager", w.north)
    open_ = invitations.propose_reset(nadia, by=w.act(mira), now=NOON)
    with pytest.raises(approvals.NotYours):
        invitations.confirm_reset(open_, by=w.act(nadia), now=NOON)
    assert AuthenticatorApp.objects.filter(staff=nadia).exists()


def test_manager_of_another_office_decides_nothing(w: World, nadia: Staff) -> None:
    amina, lena = with_app(w.amina), staff("lena", "manager", w.south)
    open_ = invitations.propose_reset(amina, by=w.act(nadia), now=NOON)
    with pytest.raises(approvals.NotYours):
        invitations.confirm_reset(open_, by=actors.of_staff(lena), now=NOON)
    assert signed_in(lena).post(f"{STAFF}{amina.pk}/look-after/", {"do": "confirm"}).status_code == 404
    assert AuthenticatorApp.objects.filter(staff=amina).exists()


def invite_manager(*told: str) -> str:
    out = StringIO()
    call_command("invite_manager", *told, stdout=out)
    return out.getvalue().strip()


def test_first_manager_is_invited_by_a_command(db: None, client: Client) -> None:
    organisation("north")
    link = invite_manager("--organisation", "north", "--username", "nadia")
    path = "/" + link.split("/", 3)[3]
    with_password(client, path)
    assert is_in(client)
    assert list(Staff.objects.get().grants.values_list("role", flat=True)) == ["manager"]


def test_lost_link_of_the_first_manager_is_given_again(db: None, client: Client) -> None:
    organisation("north")
    first, second = (invite_manager("--organisation", "north", "--username", "nadia") for _ in range(2))
    assert client.get("/" + first.split("/", 3)[3]).status_code == 404
    assert client.get("/" + second.split("/", 3)[3]).status_code == 200


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (("--organisation", "north", "--username", "mira"), 1),
        (("--organisation", "nowhere", "--username", "mira"), 2),
        (("--organisation", "south", "--username", "elena"), 2),
    ],
)
def test_command_makes_no_second_manager(w: World, nadia: Staff, told: tuple[str, ...], code: int) -> None:
    staff_before = Staff.objects.count()
    with pytest.raises(CommandError) as refused:
        invite_manager(*told)
    assert refused.value.returncode == code
    assert (Staff.objects.count(), Invitation.objects.count()) == (staff_before, 0)
