"""Visits and claims on the page of a person, claims on the page of a parcel: who reads of them, who does not."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges import actions
from exchanges.actions import Statement
from exchanges.models import Claim
from parcels.models import Parcel
from people.models import Person, Staff
from tests import factories
from tests.exchanges import visits
from tests.factories import NOON, World, registered, staff, world
from tests.parcels.admin.desk import opened_person, signed_in, text

SAID = "He is said to be well"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    return registered(w)


@pytest.fixture
def prisoner(parcel: Parcel) -> Person:
    return parcel.recipient


def claim(w: World, subject: Person | str, words: str = SAID, by: Staff | None = None) -> Claim:
    told = Statement("state", words, date(2026, 11, 12), source="a relative")
    return actions.record_claim(subject, told, by=w.act(by or w.gita), now=NOON)


def page(member: Staff, person: Person) -> str:
    shown: str = opened_person(signed_in(member), person.pk).content.decode()
    return shown


def parcel_page(member: Staff, parcel: Parcel) -> str:
    return signed_in(member).get(f"/admin/parcels/parcel/{parcel.pk}/change/").content.decode()


def test_person_shows_the_visits_on_which_they_are_named(w: World, prisoner: Person) -> None:
    visit, other = visits.scheduled(w, prisoner), visits.agreed(w, visits.person(w.north, "Another Person"))
    shown = page(w.gita, prisoner)
    assert (visit.reference in shown, other.reference in shown) == (True, False)
    assert f"/admin/exchanges/visit/{visit.pk}/change/" in shown


def test_registrar_reads_of_a_visit_only_where_they_are_named(w: World, prisoner: Person) -> None:
    visit = visits.agreed(w, prisoner)
    assert visit.reference not in page(w.amina, prisoner)
    actions.name_participants(visit, [w.amina.pk], by=w.act(w.gita), now=NOON)
    assert visit.reference in page(w.amina, prisoner)


def test_visit_of_two_others_is_shown_to_no_third(w: World, prisoner: Person) -> None:
    """The neutral agency meets this addressee too, and learns nothing of what the two sides agreed."""
    visit = visits.agreed(w, prisoner)
    shown = page(w.farid, prisoner)
    assert prisoner.reference in shown
    assert (visit.reference in shown, 'id="visits"' in shown) == (False, False)


def test_person_shows_what_is_said_of_them(w: World, prisoner: Person) -> None:
    made = claim(w, prisoner)
    shown = page(w.gita, prisoner)
    assert (SAID in shown, f"/admin/exchanges/claim/{made.pk}/" in shown) == (True, True)
    assert f"/admin/exchanges/claim/add/?about={prisoner.reference}" in shown


def test_registrar_reads_what_is_said_and_gets_no_link_to_a_page_that_is_not_theirs(
    w: World, prisoner: Person
) -> None:
    claim(w, prisoner)
    shown = page(w.amina, prisoner)
    assert (SAID in shown, "/admin/exchanges/claim/" in shown) == (True, False)


def test_claims_of_one_office_are_not_shown_to_another(w: World, prisoner: Person) -> None:
    claim(w, prisoner)
    for member in (w.farid, staff("hana", "liaison", w.south)):
        shown = page(member, prisoner)
        assert prisoner.reference in shown
        assert (SAID in shown, 'id="claims"' in shown) == (False, False)


def test_page_asks_as_often_for_three_visits_and_claims_as_for_one(w: World, prisoner: Person) -> None:
    asked = []
    for more in (1, 2):
        for _ in range(more):
            visits.agreed(w, prisoner)
            claim(w, prisoner)
        browser = signed_in(w.gita)
        with CaptureQueriesContext(connection) as queries:
            opened_person(browser, prisoner.pk)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_parcel_shows_officers_what_their_office_recorded_of_its_number(w: World, parcel: Parcel) -> None:
    made, other = claim(w, parcel.number), claim(w, factories.registered(w).number, "Of another parcel")
    shown = parcel_page(w.gita, parcel)
    assert (SAID in shown, "Of another parcel" in shown) == (True, False)
    assert f"/admin/exchanges/claim/{made.pk}/" in shown
    assert f"/admin/exchanges/claim/{other.pk}/" not in shown


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit"])
def test_what_is_said_of_a_parcel_is_not_for_those_who_only_work_on_it(
    w: World, parcel: Parcel, who: str
) -> None:
    claim(w, parcel.number)
    shown = parcel_page(getattr(w, who), parcel)
    assert (parcel.number in shown, SAID in shown, 'id="claims"' in shown) == (True, False, False)


def test_what_one_side_recorded_of_a_parcel_is_not_shown_to_the_other(w: World, parcel: Parcel) -> None:
    hana = staff("hana", "liaison", w.south)
    claim(w, parcel.number)
    claim(w, parcel.number, "South's own word", by=hana)
    for member, reads in ((w.gita, (True, False)), (hana, (False, True)), (w.farid, (False, False))):
        shown = text(signed_in(member).get(f"/admin/parcels/parcel/{parcel.pk}/change/"))
        assert parcel.number in shown
        assert (SAID in shown, "South's own word" in shown) == reads
