"""Who may see what of a person: the whole table, each role and each tie."""

from datetime import date

import pytest

from people import access, situations, withholding
from people.access import Sight, Tie
from people.actors import Actor
from people.models import Fact, Person, Role
from tests.factories import NOON, World, registered, staff, world

EVERY_ROLE = tuple(Role.values)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w).recipient


def seen(person: Person, organisation: int, role: str, *ties: Tie) -> set[str]:
    """Return the names of what one role with these ties may."""
    actor = Actor("staff", organisation, frozenset({role}), staff_id=1)
    return {name for name, allowed in access.sight(actor, person, ties)._asdict().items() if allowed}


OWN_OFFICER = {"identity", "own_office", "events", "withheld", "tells", "states"}
NEUTRAL_OFFICER = {"identity", "events", "withheld", "states"}
BY_TIE = {
    (Tie.OWN, "registrar"): {"identity", "own_office", "tells"},
    (Tie.OWN, "liaison"): OWN_OFFICER,
    (Tie.OWN, "coordinator"): OWN_OFFICER,
    (Tie.NEUTRAL, "registrar"): {"identity"},
    (Tie.NEUTRAL, "liaison"): NEUTRAL_OFFICER,
    (Tie.NEUTRAL, "coordinator"): NEUTRAL_OFFICER,
    (Tie.NEUTRAL, "logistics"): {"detention"},
    (Tie.HOLDING, "registrar"): {"identity"},
    (Tie.HOLDING, "liaison"): {"identity", "events"},
    (Tie.HOLDING, "coordinator"): {"identity", "events"},
    (Tie.HOLDING, "logistics"): {"detention"},
}


@pytest.mark.parametrize("role", EVERY_ROLE)
@pytest.mark.parametrize("tie", list(Tie))
def test_role_with_a_tie_sees_exactly(w: World, prisoner: Person, role: str, tie: Tie) -> None:
    organisation = {Tie.OWN: w.north, Tie.NEUTRAL: w.harbour, Tie.HOLDING: w.south}[tie]
    assert seen(prisoner, organisation.pk, role, tie) == BY_TIE.get((tie, role), set())


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_nobody_without_a_tie_sees_anything(w: World, prisoner: Person, role: str) -> None:
    assert access.sight(Actor("staff", w.south.pk, frozenset({role}), staff_id=1), prisoner, ()) == Sight()


@pytest.mark.parametrize("tie", [Tie.NEUTRAL, Tie.HOLDING])
def test_contacts_and_external_ids_are_read_in_their_own_office_only(
    w: World, prisoner: Person, tie: Tie
) -> None:
    officer = Actor("staff", w.south.pk, frozenset({"liaison"}), staff_id=1)
    kinds = access.sight(officer, prisoner, (tie,)).fact_kinds
    assert (Fact.Kind.CONTACT in kinds, Fact.Kind.EXTERNAL_ID in kinds, Fact.Kind.NAME in kinds) == (
        False, False, True,
    )  # fmt: skip


def test_only_prisoners_have_a_situation(w: World) -> None:
    sender = registered(w).sender
    assert "states" not in seen(sender, w.north.pk, "liaison", Tie.OWN)


def test_people_of_an_office_are_its_records(w: World, prisoner: Person) -> None:
    assert prisoner in access.people(w.act(w.gita))
    assert not access.people(w.act(w.bruno)).exists()
    assert not access.people(w.act(w.farid)).exists()


def test_holding_side_reads_what_it_said_itself_and_what_both_said(w: World, prisoner: Person) -> None:
    for stated_by, source, situation in (
        ("one_side", w.north, "in_hospital"), ("one_side", w.south, "transferred"),
        ("both_sides", w.harbour, "released"), ("neutral", w.harbour, "deceased"),
    ):  # fmt: skip
        situations.record_for(
            [prisoner.pk], situation, date(2026, 11, 18), stated_by, source_id=source.pk, document="X",
            by=w.act(w.gita), now=NOON,
        )  # fmt: skip
    enzo, rosa = staff("enzo", "liaison", w.south), staff("rosa", "registrar", w.south)

    def told(actor: Actor, *ties: Tie) -> list[str]:
        rows = access.events(actor, prisoner, ties).order_by("pk")
        return list(rows.values_list("situation", flat=True))

    assert told(w.act(enzo), Tie.HOLDING) == ["transferred", "released"]
    assert told(w.act(w.farid), Tie.NEUTRAL) == ["in_hospital", "transferred", "released", "deceased"]
    assert told(w.act(w.gita), Tie.OWN) == ["in_hospital", "transferred", "released", "deceased"]
    assert told(w.act(rosa), Tie.HOLDING) == told(w.act(w.amina), Tie.OWN) == []


def test_fact_kept_from_the_family_is_kept_from_the_holding_side_and_not_from_the_neutral_agency(
    w: World, prisoner: Person
) -> None:
    fact = prisoner.facts.get(kind="service_number")
    withholding.keep_back(fact, "harm_to_person", date(2026, 12, 1), by=w.act(w.gita), now=NOON)
    enzo = w.act(staff("enzo", "liaison", w.south))

    assert fact not in access.facts(enzo, prisoner, (Tie.HOLDING,))
    assert fact in access.facts(w.act(w.farid), prisoner, (Tie.NEUTRAL,))
    assert fact in access.facts(w.act(w.gita), prisoner, (Tie.OWN,))
