"""The auditors' and coordinators' pages in a browser: on a desk and on a phone, under the strict policy."""

import pytest
from playwright.sync_api import Browser, Page, expect

from people import alarms
from people.acts import Act
from people.audit import Trail, following, record
from people.models import Alarm, Staff
from tests.factories import World, staff, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide

pytestmark = pytest.mark.browser


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def alarm(w: World) -> Alarm:
    with following(Trail(reference="ABCD1234")):
        record(w.act(w.gita), Act.OPEN_PERSON, "person", range(50))
        alarms.sound(Alarm.Kind.MANY_OPENED, w.act(w.gita))
    return Alarm.objects.get()


@pytest.fixture
def omar(w: World) -> Staff:
    return staff("omar", "auditor", w.north)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible_fit_and_break_no_policy(
    browser: Browser, site: str, omar: Staff, alarm: Alarm, width: int
) -> None:
    context = browser.new_context(base_url=site, viewport={"width": width, "height": 800})
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    enter(page, omar)
    for address in (
        "/admin/",
        "/admin/people/auditentry/",
        "/admin/people/auditentry/?act=open_person",
        "/admin/people/alarm/",
        f"/admin/people/alarm/{alarm.pk}/change/",
    ):
        page.goto(address)
        assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])
    context.close()


def test_coordinator_lifts_a_stop_by_keyboard(page: Page, w: World, alarm: Alarm) -> None:
    enter(page, w.ivo)
    page.get_by_role("link", name="1 alarms").press("Enter")
    page.locator("#result_list a").first.press("Enter")
    page.get_by_label("Reason").select_option("needed")
    page.get_by_role("button", name="Lift it").press("Enter")

    expect(page.get_by_text("Closed.", exact=True)).to_be_visible()
    assert Alarm.objects.get().closed_by == w.ivo
