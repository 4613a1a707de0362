"""The agreement's state and dates at the moment of use: they count where the sending office is."""

from contextlib import nullcontext
from datetime import date

import pytest

from exchanges.models import Agreement
from parcels.actions import Refused, Step, advance, register
from parcels.models import Parcel
from people.actors import Actor
from people.models import Organisation
from tests.factories import (
    NOON,
    World,
    cleared,
    consignment,
    declaration,
    packed,
    registered,
    seal,
    settle,
    world,
)

# At NOON it is midnight of the 20th in the first, two in the morning of the 21st in the other.
WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
THE_20TH, THE_21ST = date(2026, 11, 20), date(2026, 11, 21)

BOUNDARIES = [
    ({"valid_until": THE_20TH}, WEST, True),
    ({"valid_until": THE_20TH}, EAST, False),
    ({"valid_until": THE_21ST}, EAST, True),
    ({"valid_from": THE_21ST}, WEST, False),
    ({"valid_from": THE_21ST}, EAST, True),
    ({"valid_from": THE_20TH}, WEST, True),
    ({"status": "suspended"}, WEST, False),
    ({"status": "terminated", "ended_on": THE_20TH}, WEST, False),
    ({"status": "expired", "ended_on": THE_20TH, "valid_until": THE_20TH}, WEST, False),
]
at_each_boundary = pytest.mark.parametrize(("agreement", "zone", "is_in_force"), BOUNDARIES)


@pytest.fixture
def w(db: None) -> World:
    return world()


def at(agreement: dict[str, object], zone: str) -> None:
    Organisation.objects.filter(code="north").update(time_zone=zone)
    Agreement.objects.update(**agreement)


def tried(parcel: Parcel, move: str, by: Actor, **details: object) -> bool:
    """Whether the move was made; a refusal leaves the parcel as it was."""
    before = parcel.status
    (result,) = advance([Step(parcel.number, move, NOON, details=details)], by=by, now=NOON)
    parcel.refresh_from_db()
    assert (parcel.status == before) is (result.result == "refused")
    assert result.problem in (None, "not-now")
    return result.result == "moved"


@at_each_boundary
def test_register(w: World, agreement: dict[str, object], zone: str, is_in_force: bool) -> None:
    at(agreement, zone)
    w.round.refresh_from_db()
    with nullcontext() if is_in_force else pytest.raises(Refused) as refused:
        register([declaration()], round_=w.round, by=w.act(w.amina), now=NOON)
    assert refused is None or refused.value.problem == "not-now"
    assert Parcel.objects.exists() is is_in_force


@at_each_boundary
def test_accept(w: World, agreement: dict[str, object], zone: str, is_in_force: bool) -> None:
    parcel = registered(w)
    at(agreement, zone)
    assert tried(parcel, "accept", w.act(w.amina), gross_mass_g=6_000, place="x") is is_in_force


@at_each_boundary
def test_pack(w: World, agreement: dict[str, object], zone: str, is_in_force: bool) -> None:
    parcel, into = settle(w, cleared(w)), consignment(w)
    at(agreement, zone)
    assert tried(parcel, "pack", w.act(w.dawit), consignment=into.number) is is_in_force


@at_each_boundary
def test_dispatch(w: World, agreement: dict[str, object], zone: str, is_in_force: bool) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    seal(into)
    at(agreement, zone)
    assert tried(parcel, "dispatch", w.act(w.dawit), seal="SEAL-1") is is_in_force
