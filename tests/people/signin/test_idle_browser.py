"""A page that is left open: what it shows goes when its session does, what was typed does not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from parcels.models import Note
from people.models import Staff, StaffSession
from people.signin import sessions
from tests.factories import World, registered, world
from tests.parcels.admin.test_desk_browser import enter, faults
from tests.people.signin.people import PASSWORD, code, with_app

pytestmark = pytest.mark.browser


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def amina(w: World) -> Staff:
    return with_app(w.amina)


def a_quarter_of_an_hour_later(page: Page) -> None:
    """Let it pass for the server and for the page."""
    late = timezone.now() - sessions.IDLE - timedelta(seconds=1)
    StaffSession.objects.update(seen_at=late)
    page.clock.fast_forward(int(sessions.IDLE.total_seconds() + 3) * 1000)


def test_page_left_open_shows_nothing_once_its_session_is_over(page: Page, w: World, amina: Staff) -> None:
    page.clock.install()
    enter(page, amina)
    page.goto(f"/admin/parcels/parcel/{registered(w).pk}/change/")
    page.clock.fast_forward(int(sessions.IDLE.total_seconds() - 5) * 1000)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    a_quarter_of_an_hour_later(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "/admin/login/?next=/admin/parcels/parcel/" in page.url


def test_page_ends_with_its_eight_hours_however_much_it_is_used(page: Page, amina: Staff) -> None:
    page.clock.install()
    enter(page, amina)
    StaffSession.objects.update(began_at=timezone.now() - sessions.WHOLE + timedelta(minutes=1))
    page.goto("/admin/account/")
    StaffSession.objects.update(began_at=timezone.now() - sessions.WHOLE - timedelta(seconds=1))
    page.clock.fast_forward(63_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_what_was_typed_goes_out_of_sight_and_is_kept_for_its_writer(
    page: Page, w: World, amina: Staff
) -> None:
    parcel, said = registered(w), list[str]()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.clock.install()
    enter(page, amina)
    page.goto(f"/admin/parcels/parcel/{parcel.pk}/change/")
    page.locator("[name=text]").fill("he wears glasses")
    a_quarter_of_an_hour_later(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out")
    assert (page.locator("body").inner_text().count(parcel.number), faults(page)) == (0, [])
    expect(page.get_by_text("he wears glasses")).to_be_hidden()

    page.keyboard.press("Enter")
    page.get_by_label("Username").fill("amina")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Six digits from your app").fill(code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What you typed is here")
    assert (Note.objects.count(), said) == (0, [])


def test_page_in_another_tab_keeps_this_one_open_and_signing_out_there_closes_it(
    page: Page, amina: Staff
) -> None:
    context: BrowserContext = page.context
    page.clock.install()
    enter(page, amina)
    page.clock.fast_forward(int(sessions.IDLE.total_seconds() - 5) * 1000)
    other = context.new_page()
    other.goto("/admin/account/")
    page.clock.fast_forward(60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Logged out")
    page.clock.fast_forward(5_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
