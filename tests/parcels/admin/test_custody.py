"""The page of the custody log: how far it is sealed, under which heads, and whether it was verified."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parcels.models import CustodyCheck, CustodyHead
from people import heads
from people.models import Staff
from tests.databases import Database
from tests.factories import World, registered, staff, world
from tests.parcels.admin.desk import signed_in, text
from tests.parcels.custody_log.conftest import seal

PAGE = "/admin/parcels/custodyhead/"


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()


@pytest.fixture
def omar(w: World) -> Staff:
    """Audits for North."""
    return staff("omar", "auditor", w.north)


def test_page_shows_how_far_the_log_is_sealed_and_verified(w: World, omar: Staff) -> None:
    assert "nothing yet" in text(signed_in(omar).get(PAGE))
    for _ in range(2):
        registered(w)
        seal()
    registered(w)
    CustodyCheck.objects.create(size=2, faults=0)

    said = text(signed_in(omar).get(PAGE))

    ((name, public),) = heads.public_keys().items()
    head = CustodyHead.objects.get(size=2)
    for told in (
        "2 movements, last",
        "; 1 wait",
        "sound, 2 movements",
        name,
        public.hex(),
        bytes(head.root).hex(),
    ):
        assert told in said


def test_page_says_what_was_wrong(w: World, omar: Staff) -> None:
    registered(w)
    seal()
    CustodyCheck.objects.create(size=1, faults=3, first=0)

    assert "3 wrong, the first at place 0" in text(signed_in(omar).get(PAGE))


def test_officers_and_auditors_of_every_organisation_look_and_nobody_else(w: World, omar: Staff) -> None:
    registered(w)
    seal()
    seen = {
        member.username: signed_in(member).get(PAGE).status_code
        for member in (omar, w.gita, w.ivo, w.farid, w.amina, w.bruno, w.dawit, w.elena)
    }

    refused = {name for name, status in seen.items() if status == HTTPStatus.FORBIDDEN}
    assert refused == {"amina", "bruno", "dawit", "elena"}
    assert set(seen.values()) == {HTTPStatus.OK, HTTPStatus.FORBIDDEN}


def test_page_changes_nothing(w: World, omar: Staff) -> None:
    registered(w)
    seal()
    browser = signed_in(omar)

    assert browser.post(f"{PAGE}add/").status_code == HTTPStatus.FORBIDDEN
    assert browser.post(f"{PAGE}1/delete/", {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN
    assert CustodyHead.objects.count() == 1


def test_page_asks_no_more_for_more_heads(w: World, omar: Staff) -> None:
    counts, browser = [], signed_in(omar)
    for _ in range(2):
        for _ in range(3):
            registered(w)
            seal()
        with CaptureQueriesContext(connection) as asked:
            browser.get(PAGE)
        counts.append(len(asked))
    assert counts[0] == counts[1]
