"""The pages of matches and lists as one sees them: under the strict policy, on a desk and on a phone."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from people import deciding, lists
from people.models import ListComparison, PossibleMatch
from tests.factories import NOON, World
from tests.parcels.admin.test_desk_browser import context, enter, faults, is_too_wide, w
from tests.people.lists.test_keeping import compared
from tests.people.people import match, recorded

__all__ = ["context", "w"]

pytestmark = pytest.mark.browser


def asked(w: World) -> PossibleMatch:
    first = recorded(w.north, "Коваленко Іван Сергійович", "1985-03-04", "N-1")
    match(first, recorded(w.north, "Kovalenko I. S.", "1985-03-04"))
    return PossibleMatch.objects.get()


def look(page: Page, address: str) -> None:
    page.goto(address)
    assert faults(page) == []
    assert not is_too_wide(page)


def test_pages_of_matches_are_for_everybody(context: BrowserContext, w: World) -> None:
    question, page = asked(w), context.new_page()
    enter(page, w.amina)

    look(page, "/admin/people/possiblematch/")
    look(page, f"/admin/people/possiblematch/{question.pk}/change/")
    page.get_by_role("button", name="They are one person").press("Enter")

    expect(page.get_by_text("You proposed this")).to_be_visible()
    assert deciding.said_of(question) is None
    look(page, f"/admin/people/person/{question.person_id}/change/")


def test_pages_of_lists_are_for_everybody(context: BrowserContext, w: World) -> None:
    comparison: ListComparison = compared(w)
    lists.propose_export(comparison, by=w.act(w.ivo), now=NOON)
    page = context.new_page()
    enter(page, w.gita)

    look(page, "/admin/people/prisonerlist/")
    look(page, "/admin/people/prisonerlist/keep/")
    look(page, f"/admin/people/prisonerlist/{comparison.ours_id}/change/")
    look(page, f"/admin/people/listcomparison/{comparison.pk}/change/")
    look(page, "/admin/parcels/parcel/listed/")
    look(page, "/admin/parcels/parcel/waiting/")
