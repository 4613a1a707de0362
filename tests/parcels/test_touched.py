"""Whom a version touches, before it is in force; afterwards the recheck worker does the same."""

from itertools import product

import pytest

from exchanges.actions import next_version
from exchanges.models import Round, Terms
from parcels.models import Parcel
from parcels.touched import (
    AGAIN,
    LEFT,
    LISTED,
    ON_RELEASE,
    SCREENED,
    STAY,
    STOPPED,
    UNPACKED,
    Row,
    fate,
    touched,
)
from tests.factories import (
    World,
    accepted,
    cleared,
    consignment,
    handed_over,
    packed,
    registered,
    seal,
    world,
)


@pytest.fixture
def w(db: None) -> World:
    return world()


def draft(w: World, touches: str) -> Terms:
    terms = next_version(w.terms)
    terms.touches = touches
    terms.save()
    return terms


@pytest.mark.parametrize(
    ("touches", "cleared_", "in_open", "in_sealed"),
    [
        ("new_intakes", STAY, STAY, STAY),
        ("not_sealed", AGAIN, UNPACKED, LISTED),
        ("not_dispatched", AGAIN, UNPACKED, STOPPED),
    ],
)
def test_fate(touches: str, cleared_: str, in_open: str, in_sealed: str) -> None:
    for status in ("cleared", "in_review", "refused"):
        assert fate(touches, status, in_open=False, frozen=False) == cleared_
    assert fate(touches, "packed", in_open=True, frozen=False) == in_open
    assert fate(touches, "packed", in_open=False, frozen=False) == in_sealed
    for status, frozen in product(("registered", "accepted"), (True, False)):
        assert fate(touches, status, in_open=False, frozen=frozen) == SCREENED
    assert fate(touches, "", in_open=False, frozen=False) == LEFT
    frozen_ones = STAY if touches == "new_intakes" else ON_RELEASE
    assert fate(touches, "cleared", in_open=False, frozen=True) == frozen_ones


def test_parcels_are_counted_by_round_and_status(w: World) -> None:
    into = consignment(w)
    registered(w)
    for _ in range(2):
        cleared(w)
    accepted(w)
    packed(w)
    packed(w, into)
    seal(into)
    handed_over(w)
    frozen = cleared(w)
    Parcel.objects.filter(pk=frozen.pk).update(frozen=True)

    assert touched(draft(w, "not_sealed"), [w.round.pk]) == [
        Row("december", "registered", SCREENED, 1),
        Row("december", "accepted", SCREENED, 1),
        Row("december", "cleared", ON_RELEASE, 1),
        Row("december", "cleared", AGAIN, 2),
        Row("december", "packed", LISTED, 1),
        Row("december", "packed", UNPACKED, 1),
        Row("december", "", LEFT, 1),
    ]


@pytest.mark.parametrize(
    ("status", "touches", "counted"),
    [
        ("collecting", "new_intakes", 1),
        ("closed", "not_sealed", 1),
        ("closed", "new_intakes", 0),
    ],
)
def test_only_rounds_that_go_on_under_it_count(w: World, status: str, touches: str, counted: int) -> None:
    cleared(w)
    Round.objects.update(status=status)
    assert sum(row.parcels for row in touched(draft(w, touches), [w.round.pk])) == counted


def test_rounds_not_asked_for_do_not_count(w: World) -> None:
    cleared(w)
    assert touched(draft(w, "not_sealed"), []) == []
