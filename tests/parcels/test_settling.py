"""What people settle by hand: ties, addressees, flags, notes."""

import pytest

from exchanges.models import SettledAddressee
from parcels import settling
from parcels.actions import Refused
from parcels.models import Note, Parcel
from people.models import AuditEntry
from tests.factories import NOON, World, cleared, registered, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_tie_is_checked_once_and_recorded(w: World) -> None:
    numbers = [registered(w).number, registered(w).number]
    assert settling.check_ties(numbers, by=w.act(w.amina), now=NOON) == 2
    assert settling.check_ties(numbers, by=w.act(w.gita), now=NOON) == 0
    assert set(Parcel.objects.values_list("tie_checked_by", flat=True)) == {w.amina.pk}
    assert list(AuditEntry.objects.values_list("staff", "act")) == [(w.amina.pk, "check_tie")] * 2


@pytest.mark.parametrize("who", ["bruno", "dawit", "ivo"])
def test_tie_is_for_registrars_and_liaisons(w: World, who: str) -> None:
    parcel = registered(w)
    with pytest.raises(Refused, match="not-permitted"):
        settling.check_ties([parcel.number], by=w.act(getattr(w, who)), now=NOON)
    assert (Parcel.objects.get().tie_checked_by, AuditEntry.objects.count()) == (None, 0)


def test_tie_is_the_sending_sides_to_check(w: World) -> None:
    parcel = registered(w)
    assert settling.check_ties([parcel.number], by=w.act(w.farid), now=NOON) == 0
    assert Parcel.objects.get().tie_checked_by is None


def test_addressee_is_settled_once_for_a_holding_side(w: World) -> None:
    number = cleared(w).number
    assert settling.settle([number], "on_list", by=w.act(w.ivo), now=NOON) == 1
    assert settling.settle([number], "neutral", by=w.act(w.farid), now=NOON) == 0
    settled = SettledAddressee.objects.get()
    assert (settled.how, settled.holding, settled.recorded_by) == ("on_list", w.south, w.ivo)


def test_addressee_is_settled_by_officers_only(w: World) -> None:
    parcel = cleared(w)
    with pytest.raises(Refused, match="not-permitted"):
        settling.settle([parcel.number], "on_list", by=w.act(w.amina), now=NOON)
    assert SettledAddressee.objects.count() == 0


def test_flag_is_taken_off_by_an_officer_and_stands_in_the_history(w: World) -> None:
    parcel = registered(w)
    with pytest.raises(Refused, match="not-now"):
        settling.unflag(parcel.number, by=w.act(w.ivo), now=NOON)
    Parcel.objects.update(flagged=True)
    with pytest.raises(Refused, match="not-permitted"):
        settling.unflag(parcel.number, by=w.act(w.amina), now=NOON)
    assert Parcel.objects.get().flagged
    settling.unflag(parcel.number, by=w.act(w.ivo), now=NOON)
    assert not Parcel.objects.get().flagged
    newest = parcel.movements.latest("number")
    assert (newest.move, newest.details, newest.staff) == ("observe", {"move": "unflag"}, w.ivo)


def test_note_is_about_somebody_of_the_parcel(w: World) -> None:
    parcel, other = registered(w), registered(w)
    with pytest.raises(Refused, match="validation"):
        settling.write_note(parcel, other.sender_id, "words", by=w.act(w.amina), now=NOON)
    assert Note.objects.count() == 0
