"""Erased people: their keys go, and go again after a backup was restored."""

import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config.keys import Keyring
from exchanges import sealed
from parcels.declared import declared_items, declared_people
from people import erasing
from people.models import Fact, MatchKey, NameKey, PersonKey
from people.queries import keys_of, names_of, people_named
from tests.databases import as_role
from tests.factories import NOON, World, registered, world
from tests.keyring import own

pytestmark = pytest.mark.django_db


@pytest.fixture
def ring(settings: Settings, tmp_path: Path) -> Keyring:
    return own(settings, tmp_path / "keys")


@pytest.fixture
def w(ring: Keyring) -> World:
    return world()


def test_erased_person_opens_nowhere_and_is_found_by_no_name(w: World) -> None:
    parcel = registered(w)
    (name,) = names_of([parcel.recipient_id]).values()
    facts = Fact.objects.count()

    with as_role("lifeline_worker"):
        assert erasing.destroy_keys([parcel.recipient_id, parcel.sender_id], now=NOON) == 2

    assert not PersonKey.objects.filter(person__in=(parcel.recipient_id, parcel.sender_id)).exists()
    assert (NameKey.objects.count(), MatchKey.objects.count(), Fact.objects.count()) == (0, 0, facts)
    assert people_named(name) == []
    assert names_of([parcel.recipient_id]) == keys_of([parcel.sender_id]) == {}
    assert sealed.keys_of([parcel.sender_id]).people == {}
    parcel.refresh_from_db()
    assert declared_people(parcel, as_declared=False).recipient["name"] is None
    assert [item["description"] for item in declared_items(parcel, as_declared=False)] == [None] * 3


def test_erasure_is_applied_again_to_a_restored_backup(w: World, ring: Keyring) -> None:
    erased, stays = registered(w), registered(w)
    backup = list(PersonKey.objects.filter(person=erased.recipient_id).values())
    with as_role("lifeline_worker"):
        erasing.destroy_keys([erased.recipient_id], now=NOON)
    PersonKey.objects.bulk_create(PersonKey(**row) for row in backup)  # restored
    assert names_of([erased.recipient_id])

    with as_role("lifeline_worker"):
        assert erasing.destroy_again() == 1
        assert erasing.destroy_again() == 0

    assert names_of([erased.recipient_id]) == {}
    assert names_of([stays.recipient_id])
    kept = ring.folder / erasing.LIST
    assert kept.read_text() == f"2026-11-20 {erased.recipient.reference}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
