"""The pages of visits in a browser: under the strict policy, by keyboard, on a desk and on a phone."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from exchanges import actions
from exchanges.actions import ToldParcel
from exchanges.models import ReportedParcel, Visit
from tests.exchanges.visits import HOUR, agreed, held, person, reported, says, scheduled
from tests.factories import NOON, World, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide

pytestmark = pytest.mark.browser
LIST = "/admin/exchanges/visit/"


@pytest.fixture
def w(site: str) -> World:
    return world()


def full(w: World) -> Visit:
    people = [person(w.north, f"Pavlo Away{number}") for number in range(3)]
    visit = held(w, *people)
    actions.name_participants(visit, [w.gita.pk, w.ivo.pk], by=w.act(w.gita), now=NOON)
    said = [ToldParcel("PZ000000005ZZ", True, "yes"), ToldParcel("PZ000000019ZZ", False)]
    reported(w, visit, says(people[0], said, words="thank you", letters_given=2, letters_received=1))
    return visit


@pytest.fixture(params=[1280, 390])
def context(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=site, viewport={"width": request.param, "height": 900})
    yield made
    made.close()


def test_pages_are_accessible_fit_and_break_no_policy(context: BrowserContext, w: World) -> None:
    visit, family = full(w), agreed(w, person(w.north, "Pavlo Away"), kind="family")
    actions.name_participants(family, [w.gita.pk], by=w.act(w.gita), now=NOON)
    scheduled(w, at=NOON + 9 * HOUR)
    to_report = held(w, person(w.north, "Ivan Away"), person(w.north, "Petro Away"), at=NOON - 9 * HOUR)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    enter(page, w.gita)
    for address in (
        LIST,
        f"{LIST}add/",
        f"{LIST}{family.pk}/change/",
        f"{LIST}{visit.pk}/change/",
        f"{LIST}{to_report.pk}/report/",
        f"{LIST}{visit.pk}/report/",
        f"{LIST}{visit.pk}/letters/",
        f"/admin/parcels/parcel/visits/{visit.pk}/",
        f"{LIST}calendar/",
    ):
        said.clear()
        page.goto(address)
        if shots := os.environ.get("SHOTS"):
            name = address.strip("/").replace("/", "-")
            page.screenshot(path=f"{shots}/{name}-{page.viewport_size['width']}.png", full_page=True)
        assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])


def test_officer_names_schedules_and_reports_by_keyboard(page: Page, w: World) -> None:
    person(w.north, "Pavlo Away")
    visit = agreed(w)
    enter(page, w.gita)
    page.get_by_role("link", name="Visits", exact=True).press("Enter")
    page.get_by_role("link", name=visit.reference).press("Enter")
    page.get_by_label("Whole names or references").fill("Павло Away\nNobody Such")
    page.get_by_role("button", name="Find them").press("Enter")
    expect(page.get_by_role("checkbox", name="Pavlo Away")).to_be_checked()
    page.get_by_role("button", name="Name those that are ticked").press("Enter")
    expect(page.locator(".messagelist")).to_have_text("1 more is named.")
    page.get_by_label("Begins").fill("2026-11-20T10:00")
    page.get_by_label("Ends").fill("2026-11-20T09:00")
    page.get_by_role("button", name="Schedule it").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ends after it begins")
    expect(page.get_by_label("Begins")).to_have_value("2026-11-20T10:00")
    page.get_by_label("Ends").fill("2026-11-20T12:00")
    page.get_by_role("button", name="Schedule it").press("Enter")
    page.get_by_role("button", name="It took place").press("Enter")
    page.get_by_role("link", name="Report it").press("Enter")
    page.get_by_label("Received whole").fill("PZ000000005ZZ")
    page.get_by_role("button", name="Keep the report").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("what you typed is all here")
    expect(page.get_by_label("Received whole")).to_have_value("PZ000000005ZZ")
    page.get_by_role("radio", name="Yes, all of them").press(" ")
    page.get_by_role("button", name="Keep the report").press("Enter")
    page.get_by_role("link", name="What it said of parcels").press("Enter")
    expect(page.get_by_text("Could not be placed", exact=True)).to_be_visible()
    assert ReportedParcel.objects.get().received
