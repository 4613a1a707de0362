"""Recording a request, and the pages of retention, with the keyboard, under the strict policy."""

import pytest
from playwright.sync_api import Page, expect

from parcels import workers
from people.models import RightsRequest
from tests.databases import as_role
from tests.factories import move, registered, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide

pytestmark = pytest.mark.browser


def test_request_is_recorded_by_keyboard_and_refused_by_two(page: Page, site: str) -> None:
    w = world()
    parcel = move(registered(w), "cancel", w.act(w.amina))
    said = list[str]()
    page.on("console", lambda message: said.append(message.text))
    enter(page, w.gita)
    page.goto(f"/admin/people/person/{parcel.sender_id}/change/")
    page.get_by_label("What for").select_option("verification")
    page.get_by_role("button", name="Open").click()
    summary = page.get_by_text("Record a request about their data")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("They ask").select_option("erasure")
    page.get_by_label("Asked by").select_option("self")
    page.get_by_label("How we know who it is").select_option("paper")
    page.get_by_label("It came in:", exact=True).select_option("counter")
    page.get_by_label("When it came in").fill("2026-11-20T09:30")
    assert (is_too_wide(page), faults(page)) == (False, [])
    page.get_by_role("button", name="Record it").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is due by 21 Nov 2026")).to_be_visible()
    asked = RightsRequest.objects.get()

    page.get_by_role("link", name=asked.reference).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Request {asked.reference}")
    assert (is_too_wide(page), faults(page)) == (False, [])
    page.get_by_label("Because").select_option("claim")
    page.get_by_role("button", name="Propose to refuse").click()
    expect(page.get_by_text("Another officer confirms it")).to_be_visible()
    page.get_by_role("link", name="confirm or reject it").click()
    expect(page.get_by_role("heading", name=f"Refuse: request {asked.reference}")).to_be_visible()
    assert said == []


def test_retention_and_purges_are_accessible(page: Page, site: str) -> None:
    w = world()
    registered(w)
    with as_role("lifeline_worker"):
        workers.drain("purge")
    enter(page, w.gita)
    for address in (
        "/admin/people/retentionperiod/",
        "/admin/people/purgerun/",
        "/admin/people/rightsrequest/",
    ):
        page.goto(address)
        assert (address, is_too_wide(page), faults(page)) == (address, False, [])
    page.goto("/admin/people/purgerun/")
    page.locator("#result_list th a").click()
    expect(
        page.get_by_role("cell", name="Receipt codes: hashes and seeds").or_(
            page.get_by_role("rowheader", name="Receipt codes: hashes and seeds")
        )
    ).to_be_visible()
    assert faults(page) == []
