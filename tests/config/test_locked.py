"""While names are locked: whatever needs them says so, families and partners' moves go on, nothing is lost."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.keys import Keyring, files
from parcels import receipt_codes, workers
from parcels.models import Batch, Parcel
from people.models import Person
from tests import partners
from tests.databases import as_role
from tests.factories import World, accepted, registered, world
from tests.keyring import own
from tests.parcels.admin.desk import signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ring(settings: Settings, tmp_path: Path) -> Keyring:
    return own(settings, tmp_path / "keys")


@pytest.fixture
def w(ring: Keyring) -> World:
    return world()


def lock(ring: Keyring) -> None:
    files.lock(ring.folder)
    ring.look_now()


def unlock(ring: Keyring) -> None:
    files.unlock(ring.folder)
    ring.look_now()


def test_page_with_names_says_that_they_are_locked_and_opens_again(w: World, ring: Keyring) -> None:
    gita, url = signed_in(w.gita), f"/admin/people/person/{registered(w).recipient_id}/change/"
    lock(ring)

    answer = gita.get(url)

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "60", "no-store")
    assert "Names are locked Two officers must unlock them first." in text(answer)
    assert gita.get("/admin/").status_code == 200
    unlock(ring)
    assert gita.get(url).status_code == 200


def test_family_is_answered_as_always(w: World, ring: Keyring, client: Client) -> None:
    parcel = registered(w)
    code = receipt_codes.code_of(parcel.seed, parcel.code_key_version)
    lock(ring)

    assert client.post("/", {"receipt_code": code}).status_code == 200
    told = client.post("/api/v1/track/", {"receipt_code": code}, content_type="application/json")
    assert (told.status_code, told.json()["status"]) == (200, "registered")
    assert client.get("/").status_code == 200


def test_partner_is_told_to_come_back_and_moves_what_needs_no_name(w: World, ring: Keyring) -> None:
    parcel, north = registered(w), partners.partner(w.north, "registrar", "liaison")
    people, declared = Person.objects.count(), partners.declaration()
    lock(ring)

    refused = north.post("/api/v1/parcels/", declared, key="k-1")

    assert partners.problem(refused) == (503, "/problems/locked")
    assert (refused["Retry-After"], Person.objects.count(), Parcel.objects.count()) == ("60", people, 1)
    moved = north.post(
        "/api/v1/moves/",
        {"moves": [{
            "parcel": parcel.number, "move": "accept", "happened_at": timezone.now().isoformat(), "external_id": "a",
            "gross_mass_g": 6000, "place": "counter 1",
        }]},
    )  # fmt: skip
    assert moved.json()["results"][0]["result"] == "moved"
    unlock(ring)
    assert north.post("/api/v1/parcels/", declared, key="k-1").status_code == 201


def test_workers_wait_and_count_no_try(w: World, ring: Keyring) -> None:
    parcel = accepted(w)
    lock(ring)
    with as_role("lifeline_worker"):
        assert [workers.drain(kind) for kind in ("match", "screen", "rekey")] == [0, 0, 0]
    assert Batch.objects.count() == 0

    unlock(ring)

    with as_role("lifeline_worker"):
        assert workers.drain("match") + workers.drain("screen") > 0
    parcel.refresh_from_db()
    assert parcel.status != "accepted"


def test_readyz_says_so_and_stays_ready(w: World, ring: Keyring, client: Client) -> None:
    lock(ring)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["keys"]) == (200, "locked: two officers must unlock")
