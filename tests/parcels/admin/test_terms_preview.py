"""A version is read before it is decided: what it changes, whom it touches, how many parcels."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import next_version, propose_terms
from exchanges.models import ContentRule, Terms
from people.models import Staff
from tests.factories import NOON, World, cleared, organisation, registered, staff, world
from tests.parcels.admin.desk import signed_in, text


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def draft(w: World) -> Terms:
    terms = next_version(w.terms)
    terms.mass_max_g = 8_000
    terms.save()
    ContentRule.objects.filter(terms=terms, category="HYGIENE").update(
        verdict="prohibit", reason_code="LOCAL_RULE"
    )
    return terms


def page(terms: Terms) -> str:
    return f"/admin/parcels/parcel/terms/{terms.pk}/"


def test_differences_and_touched_parcels_are_shown(w: World, draft: Terms) -> None:
    registered(w)
    for _ in range(2):
        cleared(w)
    shown = signed_in(w.gita).get(page(draft))
    told = text(shown)
    assert "Greatest mass limit changed 10,000 g 8,000 g" in told
    assert "LOCAL_RULE" in told
    assert "Parcels not yet sealed. 3 parcels in the rounds of your organisation" in told
    assert "cleared 2 screened again" in told
    assert "Proposed on" not in told


def test_it_is_reached_from_the_terms_and_from_what_waits(w: World, draft: Terms) -> None:
    propose_terms(draft, by=w.act(w.gita), now=NOON)
    hana = staff("hana", "coordinator", w.south)
    for member in (w.ivo, hana):
        waiting = signed_in(member).get("/admin/parcels/parcel/waiting/")
        assert f'href="{page(draft)}"' in waiting.content.decode()
    terms = signed_in(w.ivo).get(f"/admin/exchanges/terms/{draft.pk}/change/")
    assert f'href="{page(draft)}"' in terms.content.decode()
    assert "it waits for a second officer" in text(signed_in(w.ivo).get(page(draft)))


def test_version_in_force_says_what_it_changed_and_counts_no_more(w: World, draft: Terms) -> None:
    cleared(w)
    Terms.objects.filter(pk=w.terms.pk).update(status="superseded")
    Terms.objects.filter(pk=draft.pk).update(status="in_force", in_force_at=NOON)
    shown = signed_in(w.gita).get(page(draft))
    assert ("8,000 g" in text(shown), shown.context["rounds"]) == (True, [])
    assert "It is the first version" in text(signed_in(w.gita).get(page(w.terms)))


def test_other_sides_count_only_their_own_rounds(w: World, draft: Terms) -> None:
    cleared(w)
    draft.agreement.signatories.add(outsider := organisation("west"))
    west = staff("walid", "liaison", outsider)
    assert signed_in(staff("hana", "liaison", w.south)).get(page(draft)).context["touched"] == 1
    assert signed_in(west).get(page(draft)).context["touched"] == 0


def _stranger(w: World) -> Staff:
    return staff("zora", "coordinator", organisation("west"))


def test_strangers_find_nothing(w: World, draft: Terms) -> None:
    zora = signed_in(_stranger(w))
    assert zora.get(page(draft)).status_code == HTTPStatus.NOT_FOUND
    assert zora.get("/admin/parcels/parcel/terms/999999/").status_code == HTTPStatus.NOT_FOUND


def test_three_parcels_ask_as_often_as_one(w: World, draft: Terms) -> None:
    client = signed_in(w.gita)
    cleared(w)
    client.get(page(draft))
    with CaptureQueriesContext(connection) as one:
        client.get(page(draft))
    for _ in range(2):
        cleared(w)
    with CaptureQueriesContext(connection) as three:
        client.get(page(draft))
    assert len(one) == len(three)
