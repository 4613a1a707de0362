"""A search as it is typed: found by the keyboard, gone through page by page, and in no address."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from people import signin
from tests.factories import person, world

pytestmark = pytest.mark.browser


def test_search_is_typed_and_read_page_by_page_without_a_name_in_any_address(page: Page) -> None:
    w = world()
    for _ in range(51):
        person(w, "Ostap Kanarenko")
    person(w, "Stepan Inakshyj")
    said, asked = list[str](), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/sign-in/{signin.issue_link(w.amina, timezone.now())}/")
    page.get_by_role("button", name=f"Sign in as {w.amina}").click()
    page.goto("/admin/people/person/")

    page.get_by_label("Search").fill("Ostap Kanarenko")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(50)
    page.get_by_role("button", name="2", exact=True).press("Enter")

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.get_by_label("Search")).to_have_value("Ostap Kanarenko")
    assert not [url for url in asked if "Ostap" in url or "Kanarenko" in url]
    assert not said
