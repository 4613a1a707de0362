"""Searching a list: what is typed may be a name, so it goes into no address."""

import re

import pytest
from django.test import Client

from tests.factories import World, person, world
from tests.parcels.admin.desk import signed_in, text

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/people/person/"
_LED_TO = re.compile(r'(?:href|action)="([^"]*)"')


@pytest.fixture
def w() -> World:
    return world()


def test_search_is_sent_in_a_form_and_stands_in_no_address(w: World) -> None:
    person(w, "Ostap Kanarenko")
    person(w, "Stepan Inakshyj")

    page = signed_in(w.amina).post(PEOPLE, {"q": "Ostap Kanarenko", "kind": ""})

    assert page.status_code == 200
    assert "1 person" in text(page)
    shown = page.content.decode()
    assert 'value="Ostap Kanarenko"' in shown
    led_to = _LED_TO.findall(shown)
    assert any("o=" in address for address in led_to)
    assert not [address for address in led_to if "Kanarenko" in address or "q=" in address]


@pytest.mark.parametrize(
    "path", [PEOPLE, "/admin/parcels/parcel/", "/admin/people/staff/", "/admin/exchanges/visit/"]
)
def test_no_list_asks_by_its_address(w: World, path: str) -> None:
    for member in (w.amina, w.dawit, w.ivo, w.gita):
        page = signed_in(member).get(path)
        if page.status_code == 200:
            forms = re.findall(r"<form[^>]*>", page.content.decode())
            assert forms
            assert not [form for form in forms if 'method="post"' not in form]


def test_further_pages_are_asked_for_in_the_form_too(w: World) -> None:
    for _ in range(60):
        person(w, "Ostap Kanarenko")
    browser = signed_in(w.amina)

    first = browser.post(PEOPLE, {"q": "Ostap Kanarenko"})
    second = browser.post(PEOPLE, {"q": "Ostap Kanarenko", "p": "2"})

    assert '<button type="submit" name="p" value="2">' in first.content.decode()
    assert '<input type="hidden" name="q" value="Ostap Kanarenko">' in first.content.decode()
    assert [page.context["cl"].result_count for page in (first, second)] == [60, 60]
    assert len(second.context["cl"].result_list) == 10


def test_search_without_the_form_of_this_site_is_refused(w: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(w.amina)

    assert browser.post(PEOPLE, {"q": "Ostap Kanarenko"}).status_code == 403
