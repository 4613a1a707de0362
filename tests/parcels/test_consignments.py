"""Consignments: made, sealed, and sent whole or not at all."""

from collections.abc import Callable

import pytest

from parcels import consignments
from parcels.actions import Refused
from parcels.models import Consignment, Parcel
from tests.factories import NOON, World, consignment, packed, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def refused(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.problem, caught.value.detail


def test_made_open_with_a_number_of_its_own(w: World) -> None:
    made = [consignments.make(w.round, by=w.act(w.dawit), now=NOON) for _ in range(2)]
    assert [(each.status, each.organisation, each.seal) for each in made] == [("open", w.north, "")] * 2
    assert made[0].number != made[1].number


@pytest.mark.parametrize(("who", "problem"), [("amina", "not-permitted"), ("elena", "unknown-parcel")])
def test_made_by_a_dispatcher_of_the_sending_side_only(w: World, who: str, problem: str) -> None:
    by = w.act(getattr(w, who))
    assert refused(lambda: consignments.make(w.round, by=by, now=NOON)) == (problem, "")
    assert Consignment.objects.count() == 0


def test_sealed_once_and_only_with_something_in_it(w: World) -> None:
    by, into = w.act(w.dawit), consignment(w)
    empty = refused(lambda: consignments.seal(into.number, "S-1", by=by))
    assert empty == ("not-now", "The consignment is empty.")
    packed(w, into)
    assert refused(lambda: consignments.seal(into.number, "", by=by)) == ("missing-detail", "seal")
    assert consignments.seal(into.number, "S-1", by=by).status == "sealed"
    again = refused(lambda: consignments.seal(into.number, "S-2", by=by))
    assert again == ("not-now", "The consignment is sealed already.")
    into.refresh_from_db()
    assert into.seal == "S-1"


def test_seal_is_on_one_consignment(w: World) -> None:
    first, second = packed(w).consignment, packed(w).consignment
    assert first is not None
    assert second is not None
    consignments.seal(first.number, "S-1", by=w.act(w.dawit))
    assert refused(lambda: consignments.seal(second.number, "S-1", by=w.act(w.dawit))) == (
        "not-now", "This seal is on another consignment.",
    )  # fmt: skip
    second.refresh_from_db()
    assert second.status == "open"


def test_leaves_whole_and_once(w: World) -> None:
    into, by = consignment(w), w.act(w.dawit)
    for _ in range(3):
        packed(w, into)
    consignments.seal(into.number, "S-1", by=by)
    results = [
        consignments.dispatch(into.number, "S-1", by=by, now=NOON, external_id="form-1") for _ in range(2)
    ]
    assert [[each.result for each in result] for result in results] == [["moved"] * 3, ["repeated"] * 3]
    into.refresh_from_db()
    assert into.status == "dispatched"
    assert list(Parcel.objects.values_list("status", "last_number")) == [("dispatched", 5)] * 3


def test_stays_whole_when_one_parcel_is_frozen(w: World) -> None:
    into, by = consignment(w), w.act(w.dawit)
    frozen, _ = packed(w, into), packed(w, into)
    consignments.seal(into.number, "S-1", by=by)
    Parcel.objects.filter(pk=frozen.pk).update(frozen=True)
    results = consignments.dispatch(into.number, "S-1", by=by, now=NOON)
    assert {each.problem for each in results} == {"not-now"}
    assert set(Parcel.objects.values_list("status", flat=True)) == {"packed"}


def test_wrong_seal_moves_nothing(w: World) -> None:
    into = consignment(w)
    packed(w, into)
    consignments.seal(into.number, "S-1", by=w.act(w.dawit))
    (result,) = consignments.dispatch(into.number, "S-2", by=w.act(w.dawit), now=NOON)
    assert (result.problem, result.detail) == ("validation", "seal")
    assert Parcel.objects.get().status == "packed"
