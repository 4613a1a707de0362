"""The admin as a coordinator sees it: under the strict policy, with the keyboard, on a desk and on a phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from parcels.actions import Step, advance
from parcels.models import Parcel
from parcels.screening import Finding
from people import actors, signin
from people.models import Staff
from tests.factories import NOON, World, accepted, handed_over, registered, world

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    """In review, with findings; others stand beside it."""
    registered(w)
    handed_over(w)
    parcel, rule = accepted(w, "печенье", "консервы"), w.terms.rules.get(category="FOOD_TIN")
    findings = [Finding(2, "FOOD_TIN", "review", rule.reason_code, rule.pk)]
    step = Step(parcel.number, "hold", NOON, details={"findings": ["FOOD_TIN"]}, findings=findings)
    advance([step], by=actors.worker(w.north.pk), now=NOON)
    return parcel


@pytest.fixture(params=[1280, 400])
def context(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=site, viewport={"width": request.param, "height": 800})
    yield made
    made.close()


def enter(page: Page, staff: Staff) -> None:
    """Come in by a one-use link, as the board of a demonstration offers it."""
    page.goto(f"/sign-in/{signin.issue_link(staff, timezone.now())}/")
    page.get_by_role("button", name=f"Sign in as {staff}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_pages_are_accessible_fit_and_break_no_policy(
    context: BrowserContext, w: World, parcel: Parcel
) -> None:
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/admin/login/")
    assert (said, is_too_wide(page), faults(page)) == ([], False, [])
    enter(page, w.bruno)
    for address in (
        "/admin/",
        "/admin/parcels/parcel/",
        f"/admin/parcels/parcel/{parcel.pk}/change/",
        "/admin/parcels/parcel/review/",
        f"/admin/parcels/parcel/review/{parcel.pk}/",
    ):
        said.clear()
        page.goto(address)
        assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])


def test_pages_of_people_are_accessible_fit_and_break_no_policy(
    context: BrowserContext, w: World, parcel: Parcel
) -> None:
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    people = "/admin/people/person/"
    for member, addresses in (
        (
            w.gita,
            (
                people,
                f"{people}add/",
                *(f"{people}{pk}/change/" for pk in (parcel.recipient_id, parcel.sender_id)),
            ),
        ),
        (w.elena, ("/admin/people/detention/",)),
    ):
        context.clear_cookies()
        enter(page, member)
        for address in addresses:
            said.clear()
            page.goto(address)
            for summary in page.locator("summary").all():
                summary.press("Enter")
            assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])
    page.get_by_label("number of a parcel").fill(parcel.number)
    page.get_by_label("Purpose").select_option(label="delivery of a parcel")
    page.get_by_role("button", name="Show the place").press("Enter")
    expect(page.get_by_text("No place is recorded.")).to_be_visible()
    assert (list(said), is_too_wide(page), faults(page)) == ([], False, [])


def test_two_screeners_settle_a_review_by_keyboard(
    browser: Browser, site: str, w: World, parcel: Parcel
) -> None:
    for member in (w.bruno, w.chiara):
        context = browser.new_context(base_url=site)
        page = context.new_page()
        enter(page, member)
        page.get_by_role("link", name="Review", exact=True).press("Enter")
        page.get_by_role("link", name=f"Decide on {parcel.number}").press("Enter")
        page.get_by_role("radio", name="Clear: it may travel").press(" ")
        page.get_by_role("button", name="Record my decision").press("Enter")
        expect(page.locator(".messagelist")).to_contain_text(parcel.number)
        context.close()
    parcel.refresh_from_db()
    assert parcel.status == "cleared"


def test_registrar_weighs_and_accepts(page: Page, w: World, parcel: Parcel) -> None:
    waiting = Parcel.objects.get(status="registered")
    enter(page, w.amina)
    page.get_by_role("link", name="1 to weigh and accept").click()
    page.get_by_role("link", name=waiting.number).click()
    page.get_by_role("link", name="Weigh and accept").click()
    page.get_by_role("button", name="Weigh and accept").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Mass in grams").or_(page.get_by_label("Mass of")).fill("6200")
    page.get_by_role("button", name="Weigh and accept").click()
    expect(page.locator(".messagelist")).to_have_text("Done: it is now accepted.")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.gross_mass_g) == ("accepted", 6200)


def test_counter_is_accessible_fits_and_works_by_keyboard(context: BrowserContext, w: World) -> None:
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    enter(page, w.amina)
    page.get_by_role("link", name="Declare a parcel").last.press("Enter")
    for name, told in (
        ("sender_name", "Olha Home"),
        ("prisoner_name", "Pavlo Away"),
        ("gross_mass_g", "6200"),
    ):
        page.locator(f"#id_{name}").fill(told)
    line = page.get_by_role("group", name="Line 1", exact=True)
    for label, told in (("What it is", "нож"), ("Pieces", "1"), ("Grams a piece", "200")):
        line.get_by_label(label).fill(told)
    assert (list(said), is_too_wide(page), faults(page)) == ([], False, [])
    page.get_by_role("button", name="What do the rules say?").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Something may not be sent.")
    line.get_by_text("To say to the sender").press("Enter")
    assert (list(said), is_too_wide(page), faults(page)) == ([], False, [])
    line.get_by_label("What it is").fill("мыло")
    page.get_by_role("button", name="Register").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Registered")
    assert (list(said), is_too_wide(page), faults(page)) == ([], False, [])
    parcel = Parcel.objects.get()
    assert (parcel.status, parcel.gross_mass_g) == ("accepted", 6200)


def test_sender_takes_something_back(context: BrowserContext, w: World) -> None:
    parcel, page = registered(w, "печенье", "нож"), context.new_page()
    enter(page, w.amina)
    page.goto(f"/admin/parcels/parcel/moves/accept/?parcel={parcel.number}")
    assert (is_too_wide(page), faults(page)) == (False, [])
    page.get_by_label("Mass of").fill("6200")
    page.get_by_role("group", name="Line 2: нож").get_by_label("Pieces taken back").fill("1")
    page.get_by_role("button", name="What do the rules say?").click()
    expect(page.get_by_role("status")).to_contain_text("The rules allow all of it.")
    page.get_by_role("button", name="Weigh and accept").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"At the counter: {parcel.number}")
    assert (is_too_wide(page), faults(page)) == (False, [])
    assert parcel.lines.get(number=2).fate == "returned"


def test_many_are_chosen_in_the_list(page: Page, w: World, parcel: Parcel) -> None:
    enter(page, w.amina)
    page.goto("/admin/parcels/parcel/?status=registered")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option(label="Cancel")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".messagelist")).to_have_text("Done: it is now cancelled.")
    assert Parcel.objects.filter(status="cancelled").count() == 1
