"""Coming in, in a browser: with a passkey of its own, by an app without JavaScript, on a desk and on a phone."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from people.models import Passkey, Staff, StaffSession
from people.signin import invitations, totp
from tests.factories import World, staff, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide
from tests.people.signin.people import PASSWORD, code, with_app

pytestmark = pytest.mark.browser


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def nadia(w: World) -> Staff:
    return with_app(staff("nadia", "manager", w.north))


def link_of(member: Staff) -> str:
    return f"/invitation/{invitations.issue(member, by=None, now=timezone.now())}/"


def with_authenticator(context: BrowserContext) -> Page:
    """Return a page of a device that has a fingerprint reader."""
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


@pytest.fixture(params=[1280, 390])
def named(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[BrowserContext]:
    """At the site's own name: passkeys are made for no number."""
    made = browser.new_context(
        base_url=site.replace("127.0.0.1", "localhost"), viewport={"width": request.param, "height": 900}
    )
    yield made
    made.close()


def test_invited_member_makes_a_passkey_comes_in_again_by_it_and_confirms_by_it(
    named: BrowserContext, w: World
) -> None:
    page, said = with_authenticator(named), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(link_of(w.ivo))
    page.get_by_label("A name for it").fill("Office laptop")
    page.get_by_role("button", name="Make a passkey").press("Enter")
    expect(page.get_by_role("heading", name="Print these or write them down now")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have them: go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/admin/login/")
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    assert Passkey.objects.get().used_at is not None

    StaffSession.objects.update(fresh_at=timezone.now() - timedelta(minutes=6))
    page.get_by_role("link", name="My account").click()
    page.get_by_role("button", name="Make ten new ones").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please confirm that it is you")
    page.get_by_role("button", name="Use a passkey and go on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert [each for each in said if "403" not in each and "Cleared data types" not in each] == []


def test_authenticator_that_refuses_says_so_and_leaves_the_other_way(
    named: BrowserContext, nadia: Staff
) -> None:
    page = with_authenticator(named)
    page.goto("/admin/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-says]")).to_contain_text("use another way", ignore_case=True)
    page.get_by_label("Username").fill("nadia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Six digits from your app").fill(code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=site, java_script_enabled=False)
    yield made
    made.close()


def test_member_joins_and_steps_up_without_javascript(plain: BrowserContext, w: World) -> None:
    page = plain.new_page()
    page.goto(link_of(w.amina))
    page.get_by_label("New password").fill("fifteen letters at least")
    page.get_by_label("The same again").fill("fifteen letters at least")
    sealed = page.locator("[name=secret]").get_attribute("value") or ""
    secret = totp.brought_back(w.amina, sealed) or b""
    page.get_by_label("The six digits").fill(totp.code_at(secret, int(timezone.now().timestamp()) // 30))
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.locator(".codes li")).to_have_count(10)
    words = [each.strip() for each in page.locator(".codes li").all_inner_texts()]
    page.get_by_role("link", name="I have them: go on").click()
    StaffSession.objects.update(fresh_at=timezone.now() - timedelta(minutes=6))
    page.get_by_role("link", name="My account").click()
    page.get_by_role("link", name="Set up another app instead").click()
    page.get_by_label("a recovery code").fill(words[0].lower())
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")


def test_manager_invites_and_what_was_typed_survives_the_question(page: Page, w: World, nadia: Staff) -> None:
    enter(page, nadia)
    page.goto("/admin/people/staff/add/")
    page.get_by_label("Username").fill("bela")
    page.get_by_label("Display name").fill('Bela "B" <Novak>')
    StaffSession.objects.update(fresh_at=timezone.now() - timedelta(minutes=6))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="I am at this machine: go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Invitation of Bela")
    assert re.search(r"/invitation/[\w-]{43}/", page.content())
    assert Staff.objects.get(username="bela").display_name == 'Bela "B" <Novak>'


def test_pages_are_accessible_fit_and_break_no_policy(named: BrowserContext, w: World, nadia: Staff) -> None:
    page, said = with_authenticator(named), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def press(name: str, *, exact: bool = False) -> None:
        """Press, and wait until the next page is there: nothing else is looked at."""
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=exact).click()

    def look(name: str) -> None:
        if shots := os.environ.get("SHOTS"):
            width = page.viewport_size["width"] if page.viewport_size else 0
            page.screenshot(path=f"{shots}/signin-{name}-{width}.png", full_page=True)
        wrong = [each for each in said if "403" not in each]
        # The table of rights is Django's own.
        unlike_us = [] if name == "staff" else faults(page)
        assert (name, wrong, is_too_wide(page), unlike_us) == (name, [], False, [])

    page.goto("/admin/login/")
    look("login")
    page.get_by_label("Username").fill("nadia")
    page.get_by_label("Password").fill(PASSWORD)
    press("Go on")
    look("second")
    page.get_by_label("Six digits from your app").fill(code())
    press("Sign in")
    for name, address in (
        ("account", "/admin/account/"),
        ("app", "/admin/account/app/"),
        ("passkey", "/admin/account/passkey/"),
        ("password", "/admin/password_change/"),
        ("staff", f"/admin/people/staff/{w.amina.pk}/change/"),
    ):
        page.goto(address)
        look(name)
    press("Invite", exact=True)
    look("invitation")
    page.goto("/admin/account/")
    press("Make ten new ones")
    look("codes")
    StaffSession.objects.update(fresh_at=timezone.now() - timedelta(minutes=6))
    page.goto("/admin/account/app/")
    look("confirm")
    page.goto(link_of(w.ivo))
    look("join")
