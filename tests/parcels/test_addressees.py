"""Which people an organisation meets."""

import pytest

from parcels import addressees
from people.access import Tie
from people.models import Person, Staff
from tests.factories import World, organisation, registered, staff, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def listed(w: World, member: Staff) -> set[str]:
    return {person.kind for person in Person.objects.filter(addressees.listed(w.act(member)))}


def opened(w: World, member: Staff) -> set[str]:
    return {person.kind for person in Person.objects.filter(addressees.opened(w.act(member)))}


def test_own_office_meets_both_ends_and_others_the_addressee_alone(w: World) -> None:
    registered(w)
    enzo = staff("enzo", "liaison", w.south)

    assert listed(w, w.gita) == listed(w, w.amina) == {"prisoner", "sender"}
    assert listed(w, w.farid) == listed(w, enzo) == {"prisoner"}


def test_registrar_does_not_search_other_offices_addressees(w: World) -> None:
    registered(w)
    rosa = staff("rosa", "registrar", w.south)

    assert (listed(w, rosa), opened(w, rosa)) == (set(), {"prisoner"})


def test_stranger_meets_nobody(w: World) -> None:
    registered(w)
    zora = staff("zora", "coordinator", organisation("west"))

    assert (listed(w, zora), opened(w, zora)) == (set(), set())


def test_ties_are_what_the_organisation_is_to_the_record(w: World) -> None:
    prisoner = registered(w).recipient
    zora = staff("zora", "liaison", organisation("west"))

    ties = [addressees.ties(w.act(member), prisoner) for member in (w.gita, w.farid, w.elena, zora)]

    assert ties == [{Tie.OWN}, {Tie.NEUTRAL}, {Tie.HOLDING}, set()]
