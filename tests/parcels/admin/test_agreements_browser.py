"""Agreements, terms, rounds and ledgers as an officer sees them, on a desk and on a phone."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from exchanges.actions import make_round, next_version, postpone_round, propose_terms
from exchanges.models import ContentRule, Round, Terms
from parcels.ledger import ledger_of
from parcels.ledger.snapshots import freeze
from parcels.models import LedgerSnapshot, Parcel
from tests.factories import (
    NOON,
    World,
    cleared,
    consignment,
    dispatched,
    handed_over,
    move,
    packed,
    registered,
    seal,
    world,
)
from tests.parcels.admin.test_desk_browser import context, enter, faults, is_too_wide

__all__ = ["context"]  # a fixture

pytestmark = pytest.mark.browser


@pytest.fixture
def w(site: str) -> World:
    return world()


@pytest.fixture
def draft(w: World) -> Terms:
    """A proposed version, parcels in many places, three rounds, and two snapshots."""
    into = consignment(w)
    registered(w)
    cleared(w)
    packed(w)
    packed(w, into)
    seal(into, "SEAL-7")
    move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    _freeze(w)
    late = dispatched(w)
    Parcel.objects.filter(pk=late.pk).update(overdue_since=NOON)
    _freeze(w)
    for reference, status in (("spring", "agreed"), ("december-back", "proposed")):
        make_round(
            reference=reference, agreement=w.terms.agreement, terms=w.terms, sending=w.south, holding=w.north,
            status=status, target=31, opens_on=date(2026, 11, 10), closes_on=date(2026, 12, 31),
            collection_point="Counter 4", mirror=w.round if status == "proposed" else None,
        )  # fmt: skip
    by, until = w.act(w.ivo), date(2027, 1, 10)
    spring = Round.objects.get(reference="spring")
    postpone_round(spring, "transport", until=until, closes_on=date(2027, 2, 20), by=by, now=NOON)
    terms = next_version(w.terms)
    Terms.objects.filter(pk=terms.pk).update(mass_max_g=8_000, quota_per_prisoner=1)
    ContentRule.objects.filter(terms=terms, category="HYGIENE").update(
        verdict="prohibit", reason_code="LOCAL_RULE"
    )
    propose_terms(terms, by=by, now=NOON)
    yesterday = timezone.localdate() - timedelta(days=1)
    Round.objects.filter(pk=w.round.pk).update(closes_on=max(yesterday, w.round.opens_on))
    return terms


def _freeze(w: World) -> None:
    ledger = ledger_of(w.terms.agreement, actor=w.act(w.gita), now=timezone.now())
    freeze(ledger, meets_on=date(2026, 12, 1))


def test_pages_are_accessible_fit_and_break_no_policy(
    context: BrowserContext, w: World, draft: Terms
) -> None:
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    enter(page, w.gita)
    one, other = LedgerSnapshot.objects.order_by("pk")
    waiting = Round.objects.get(reference="spring")
    snapshots, rounds = "/admin/parcels/ledgersnapshot", "/admin/exchanges/round"
    for address in (
        f"/admin/parcels/parcel/terms/{draft.pk}/",
        "/admin/parcels/parcel/waiting/",
        f"{rounds}/calendar/",
        f"{rounds}/{waiting.pk}/tell/postpone/",
        f"{rounds}/{waiting.pk}/tell/resume/",
        f"{snapshots}/agreement/{draft.agreement_id}/",
        f"{snapshots}/{other.pk}/change/",
        f"{snapshots}/compare/?a={one.pk}&b={other.pk}",
        f"{snapshots}/check/",
    ):
        said.clear()
        page.goto(address)
        assert (address, list(said), is_too_wide(page), faults(page)) == (address, [], False, [])


def test_officer_postpones_and_resumes_a_round_by_keyboard(page: Page, w: World) -> None:
    enter(page, w.gita)
    page.goto(f"/admin/exchanges/round/{w.round.pk}/change/")
    page.get_by_role("link", name="Postpone", exact=True).press("Enter")
    page.get_by_label("Why").select_option(label="the weather")
    page.get_by_label("Goes on on").fill("2027-01-10")
    page.get_by_label("New last day").fill("2027-01-09")
    page.get_by_role("button", name="Postpone").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Goes on on")).to_have_value("2027-01-10")
    page.get_by_label("New last day").fill("2027-01-31")
    page.get_by_role("button", name="Postpone").press("Enter")
    expect(page.locator(".messagelist")).to_have_text("The round is postponed.")
    page.get_by_role("link", name="Resume").press("Enter")
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator(".messagelist")).to_have_text("The round goes on: it is now collecting.")
    w.round.refresh_from_db()
    assert (w.round.status, w.round.closes_on) == ("collecting", date(2027, 1, 31))


def test_ledger_is_frozen_downloaded_and_found_again(page: Page, w: World) -> None:
    dispatched(w)
    enter(page, w.gita)
    page.get_by_role("link", name="Ledgers").click()
    page.get_by_role("link", name="Agreement", exact=True).click()
    page.get_by_label("Day of the meeting").fill("2026-12-01")
    page.get_by_role("button", name="Freeze it as it is now").click()
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download JSON").click()
    file = loading.value.path()
    assert file.read_text() == LedgerSnapshot.objects.get().text
    page.goto("/admin/parcels/ledgersnapshot/check/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("status")).to_contain_text("known")
