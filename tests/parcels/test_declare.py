"""Declaring at a counter: registered and taken in together, or neither."""

from datetime import timedelta

import pytest

from parcels.actions import Declared, Refused, declare
from parcels.models import Movement, Parcel
from people.models import Person
from tests.databases import Database
from tests.factories import NOON, World, declaration, world
from tests.parcels.test_at_once import at_once

PLAIN = declaration("печенье", external_id="counter:1")


@pytest.fixture
def w(db: None) -> World:
    return world()


def at_the_counter(w: World, *, minutes: int = 0, mass: int | None = 6_200, place: str = "") -> Declared:
    now = NOON + timedelta(minutes=minutes)
    return declare(PLAIN, round_=w.round, by=w.act(w.amina), now=now, gross_mass_g=mass, place=place)


def test_unweighed_parcel_waits_to_be_taken_in(w: World) -> None:
    made = at_the_counter(w, mass=None)

    assert (made.registered.result, made.taken_in) == ("created", None)
    assert Parcel.objects.get().status == "registered"


def test_sent_again_later_it_is_the_same_parcel(w: World) -> None:
    first, again = at_the_counter(w), at_the_counter(w, minutes=3)

    assert (first.registered.result, again.registered.result) == ("created", "unchanged")
    assert first.taken_in is not None
    assert again.taken_in is not None
    assert (first.taken_in.result, again.taken_in.result) == ("moved", "repeated")
    assert list(Movement.objects.values_list("move", flat=True).order_by("number")) == ["register", "accept"]


def test_weighed_when_it_is_sent_again_it_is_taken_in(w: World) -> None:
    at_the_counter(w, mass=None)

    at_the_counter(w, mass=6_200)

    assert Parcel.objects.get().gross_mass_g == 6_200


@pytest.mark.parametrize(("mass", "place"), [(0, ""), (100_001, ""), (6_200, "x" * 121)])
def test_what_cannot_be_taken_in_is_not_registered_either(w: World, mass: int, place: str) -> None:
    with pytest.raises(Refused) as refused:
        at_the_counter(w, mass=mass, place=place)

    assert refused.value.problem == "validation"
    assert (Parcel.objects.count(), Person.objects.count(), Movement.objects.count()) == (0, 0, 0)


def test_other_words_under_the_same_id_are_rejected_and_take_nothing_in(w: World) -> None:
    at_the_counter(w, mass=None)

    other = PLAIN._replace(declared_mass_g=7_000)
    made = declare(other, round_=w.round, by=w.act(w.amina), now=NOON, gross_mass_g=6_200)

    assert (made.registered.problem, made.taken_in) == ("external-id-reused", None)
    assert Parcel.objects.get().status == "registered"


def test_two_clicks_at_once_make_one_parcel(committed_db: Database) -> None:
    w = world()

    told = at_once(*(lambda: at_the_counter(w).registered.result for _ in range(2)))

    assert told == ["created", "unchanged"]
    assert Movement.objects.count() == 2
