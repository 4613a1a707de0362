"""Returns and claims as an officer sees them: under the strict policy, by keyboard, on a desk and on a phone."""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from exchanges import actions
from exchanges.actions import Statement
from exchanges.models import Claim, Return, Wish
from tests.factories import NOON, World, brought_to, group_asked_for, wished, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide

pytestmark = pytest.mark.browser
DAY = date(2026, 11, 12)


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def group(w: World) -> Return:
    """Planned, with a wish that is missing, numbers that differ, a claim that is disputed, and silence."""
    group, gita = group_asked_for(w, "Vera Lake", "Taras Lake"), w.act(w.gita)
    vera, _ = group.persons.order_by("pk")
    wished(w, vera)
    actions.state_whereabouts(
        vera, "Hostel 4", DAY, stated_by=w.south, responsible=w.south, by=w.act(w.farid), now=NOON
    )
    actions.ask(group, w.south, date(2026, 11, 2), by=gita, now=NOON)
    for number, side in ((6, w.north), (5, w.south), (7, w.harbour)):
        actions.state_count(
            group, number, "asked_for", stated_by=side, said_on=date(2026, 11, 3), document="List 4",
            by=gita, now=NOON,
        )  # fmt: skip
    told = Statement("not_accepted_back", "The other side does not accept them.", date(2026, 11, 5), w.south)
    claim = actions.record_claim(group, told, by=gita, now=NOON)
    actions.assess_claim(claim, "disputed", reason="other_side", assessed_on=DAY, by=gita, now=NOON)
    return brought_to(w, group, "planned")


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible_fit_and_break_no_policy(
    browser: Browser, site: str, w: World, group: Return, width: int
) -> None:
    context = browser.new_context(base_url=site, viewport={"width": width, "height": 800})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    enter(page, w.gita)
    claim = Claim.objects.get()
    for address in (
        "/admin/exchanges/return/",
        "/admin/exchanges/return/add/",
        f"/admin/exchanges/return/{group.pk}/change/",
        f"/admin/exchanges/return/{group.pk}/details/",
        "/admin/exchanges/claim/",
        f"/admin/exchanges/claim/{claim.pk}/change/",
        f"/admin/exchanges/claim/add/?answers={claim.reference}",
        f"/admin/exchanges/claim/timeline/?about={group.reference}",
    ):
        said.clear()
        page.goto(address)
        assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])
    context.close()


def test_wish_is_recorded_by_keyboard_and_they_set_out(page: Page, w: World, group: Return) -> None:
    enter(page, w.gita)
    page.goto(f"/admin/exchanges/return/{group.pk}/change/")
    page.get_by_role("button", name="They set out").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 of 2 have not said")

    page.get_by_text("Record a wish", exact=True).press("Enter")
    form = page.locator("#act-wish")
    form.get_by_label("Person").select_option(label="Taras Lake")
    form.get_by_label("What they said").select_option(label="wishes to return")
    form.get_by_label("Said to").select_option(label="North")
    form.get_by_label("yes, nobody else was there").press("Space")
    form.get_by_role("button").press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("record a wish needs another look")
    form.get_by_label("On:", exact=True).fill("2026-11-11")
    form.get_by_role("button").press("Enter")
    expect(page.locator(".messagelist")).to_have_text("Recorded. What was told before stands beside it.")

    page.get_by_role("button", name="They set out").press("Enter")
    expect(page.locator(".messagelist")).to_have_text("The return is now travelling.")
    assert (Return.objects.get().status, Wish.objects.count()) == ("travelling", 2)
