"""Who may open which pages."""

from datetime import timedelta

import pytest

from people import rights
from people.models import Role
from tests.factories import NOON, World, organisation, staff, world


@pytest.fixture
def world_(db: None) -> World:
    return world()


def test_nobody_deletes() -> None:
    assert {action for each in rights.RIGHTS.values() for action in each} == {
        "view", "add", "change", "review", "release", "export",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("role", "perm", "allowed"),
    [
        ("registrar", "parcels.view_parcel", True),
        ("registrar", "people.view_person", True),
        ("registrar", "people.add_situationevent", False),
        ("registrar", "people.view_situationevent", False),
        ("registrar", "people.add_person", True),
        ("logistics", "people.view_detention", True),
        ("liaison", "people.view_detention", False),
        ("logistics", "people.view_person", False),
        ("screener", "people.view_person", False),
        ("dispatcher", "parcels.add_consignment", True),
        ("screener", "parcels.add_consignment", False),
        ("coordinator", "exchanges.change_terms", True),
        ("screener", "exchanges.change_terms", False),
        ("manager", "parcels.view_parcel", False),
        ("manager", "people.add_grant", True),
        ("coordinator", "people.add_grant", False),
        ("auditor", "people.view_auditentry", True),
        ("manager", "people.view_auditentry", False),
        ("auditor", "people.change_grant", False),
        ("coordinator", "parcels.delete_parcel", False),
        ("coordinator", "parcels.change_parcel", False),
        ("coordinator", "sessions.view_session", False),
        ("coordinator", "nonsense", False),
    ],
)
def test_role_may(db: None, role: str, perm: str, allowed: bool) -> None:
    member = staff("somebody", role, organisation("north"))
    assert member.has_perm(perm) is allowed


def test_right_counts_in_its_organisation_only(world_: World) -> None:
    world_.amina.grants.create(role=Role.AUDITOR, organisation=world_.south, from_at=NOON)
    assert rights.organisations(world_.amina, "parcels.add_parcel") == {world_.north.pk}
    assert rights.organisations(world_.amina, "people.view_auditentry") == {world_.south.pk}
    assert rights.roles_in(world_.amina, world_.south.pk) == {"auditor"}


def test_right_ends_with_its_grant(world_: World) -> None:
    world_.bruno.grants.update(until_at=NOON - timedelta(days=1))
    assert rights.held(world_.bruno) == frozenset()
    assert not world_.bruno.has_perm("parcels.view_parcel")
    assert not world_.bruno.is_staff


def test_closed_account_may_nothing(world_: World) -> None:
    world_.ivo.is_active = False
    assert not world_.ivo.has_perm("parcels.view_parcel")
