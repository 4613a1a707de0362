"""The page of an exchange of prisoners in a browser: on a desk and on a phone, by the keyboard, in one's hurry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from exchanges import actions
from exchanges.models import Exchange
from tests.factories import NOON, World, agreed_exchange, person, world
from tests.parcels.admin.test_desk_browser import enter, faults, is_too_wide

pytestmark = pytest.mark.browser


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def made(w: World) -> Exchange:
    """Agreed, with three people in a stage and one disputed on the other side's list."""
    made = agreed_exchange(w, [person(w, name) for name in ("Petro Held", "Ivan Stayed", "Oleh Away")])
    other = person(w, "Павло Довге-Прізвище")
    actions.state_list(
        made, holding_id=w.north.pk, stated_by_id=w.north.pk, stated_on=NOON.date(), people=[other],
        note="From the meeting", by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    actions.mark(
        made, [other.reference], "disputed", reason="name_differs", note="Their list has two initials",
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    for source, count in ((w.north, 6_057), (w.south, 6_060)):
        actions.record_count(
            made, number=1, holding_id=w.south.pk, scope="received", count=count, source_id=source.pk,
            stated_on=NOON.date(), by=w.act(w.gita), now=NOON,
        )  # fmt: skip
    return made


@pytest.fixture(params=[1280, 390])
def context(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site, viewport={"width": request.param, "height": 800})
    yield context
    context.close()


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def check(page: Page, name: str) -> None:
    shoot(page, name)
    assert faults(page) == []
    assert not is_too_wide(page)


def test_stage_is_finished_by_two_officers(w: World, made: Exchange, context: BrowserContext) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    enter(page, w.gita)
    page.get_by_role("link", name="Exchanges of prisoners").click()
    check(page, "list")
    page.get_by_role("link", name=made.reference).click()
    page.get_by_label("verifying who is on a list").check()
    check(page, "purpose")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("Before the winter")).to_be_visible()
    check(page, "page")

    page.get_by_text("A stage took place").click()
    form = page.locator("form", has=page.get_by_role("button", name="Propose that it took place"))
    form.get_by_label("Which").select_option("stage 1")
    form.get_by_label("On:", exact=True).fill("2026-11-19")
    form.get_by_label("confirmed by two officers").check()
    form.get_by_label("Ivan Stayed").check()
    check(page, "finish")
    form.get_by_role("button").click()
    expect(page.get_by_text("You proposed this")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    enter(page, w.ivo)
    page.goto(f"/admin/exchanges/exchange/{made.reference}/")
    page.get_by_label("arranging the exchange").check()
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("2 crossed, 1 stayed")).to_be_visible()
    check(page, "waiting")
    page.get_by_role("button", name="Confirm, and do it").click()
    expect(page.get_by_text("Confirmed and done.")).to_be_visible()
    check(page, "finished")
    assert complaints == []
