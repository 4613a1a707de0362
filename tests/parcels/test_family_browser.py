"""The family page as a phone shows it, at the width and text size where pages break first."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from parcels import family_texts
from parcels.models import Parcel
from tests.parcels import family

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}
# What WCAG 2.2 AA asks for, and what axe holds to be good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def codes(site: str) -> dict[str, str]:
    """A receipt code for each of the family's words."""
    round_ = family.make_round()
    family.make_rule(round_)
    return {
        status: family.make_parcel(round_, steps, seed=status.encode(), at=timezone.now())[1]
        for status, steps in family.INTO.items()
    }


@pytest.fixture
def code(codes: dict[str, str]) -> str:
    return codes["checked"]


@pytest.fixture
def narrow(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site, viewport=NARROW, locale="ru", color_scheme="dark")
    yield context
    context.close()


def show(page: Page, code: str) -> None:
    page.goto("/")
    page.get_by_role("textbox").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_be_visible()


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]


def test_typed_code_shows_the_parcel_and_stays_out_of_the_address(page: Page, site: str, code: str) -> None:
    show(page, code.lower().replace("-", " "))

    expect(page.get_by_role("heading", level=1)).to_have_text("Checked")
    assert page.url == f"{site}/"


def test_code_in_the_fragment_shows_the_parcel_and_leaves_the_address(
    page: Page, site: str, code: str
) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))

    page.goto(f"/#{code}")

    expect(page.get_by_role("heading", level=1)).to_have_text("Checked")
    assert page.url == f"{site}/"
    assert [address for address in addresses if code in address.partition("#")[0]] == []
    page.go_back()
    assert code not in page.url


def test_page_works_without_scripts(browser: Browser, site: str, code: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False, locale="uk")
    page = context.new_page()

    show(page, code)
    expect(page.get_by_role("heading", level=1)).to_have_text("Перевірено")
    page.get_by_role("button", name="Русский").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Проверена")
    context.close()


def test_leaving_the_page_leaves_no_way_back_to_the_parcel(page: Page, code: str) -> None:
    show(page, code)

    page.get_by_role("link", name="Leave this page").click()
    page.wait_for_url("about:blank")
    page.go_back()

    expect(page.locator(".status")).to_have_count(0)


def test_keyboard_reaches_everything_and_shows_where_it_is(page: Page, code: str) -> None:
    show(page, code)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()

    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    assert reached == [
        "Lifeline",
        "Leave this page",
        "English",
        "Русский",
        "Українська",
        "Look up another parcel",
    ]


def test_pages_load_nothing_that_the_policy_refuses(page: Page, site: str, codes: dict[str, str]) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if site not in request.url else None)

    show(page, codes["needs_attention"])
    page.emulate_media(media="print")

    assert (said, elsewhere) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_status_is_accessible(page: Page, codes: dict[str, str], scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its own words

    for code in codes.values():
        show(page, code)
        assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_form_its_problem_and_the_error_page_are_accessible(page: Page, scheme: str, site: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its own words
    page.goto("/")
    assert faults(page) == []

    page.get_by_role("textbox").fill("no such code")
    page.get_by_role("button", name="Show the parcel").click()
    expect(page.get_by_role("alert")).to_contain_text("We did not find a parcel with this code.")
    expect(page.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    assert faults(page) == []

    page.goto("/nothing/here/")
    assert faults(page) == []


@pytest.mark.parametrize("percent", [100, 200])
def test_nothing_is_cut_off_on_a_narrow_phone(
    narrow: BrowserContext, codes: dict[str, str], percent: int
) -> None:
    page = narrow.new_page()

    for status, code in codes.items():
        show(page, code)
        page.evaluate(f"document.documentElement.style.fontSize = '{106.25 * percent / 100}%'")
        heading = str(family_texts.WORDINGS[status].word)
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"], heading
        assert faults(page) == []


def test_language_buttons_are_in_the_order_of_their_own_names(page: Page) -> None:
    page.goto("/")

    names = page.locator(".languages button").all_inner_texts()

    assert names == ["English", "Русский", "Українська"]
    assert re.search(
        r"✓",
        page.locator(".languages [aria-current]").evaluate(
            "element => getComputedStyle(element, '::before').content"
        ),
    )


def test_the_code_is_nowhere_in_the_browsers_keeping(page: Page, code: str) -> None:
    show(page, code)
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert kept == "[{},{}]"
    assert [cookie for cookie in page.context.cookies() if code in str(cookie)] == []
    assert Parcel.objects.count() == len(family.INTO)
