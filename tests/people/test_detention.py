"""Places of detention: for the logistics of the holding side and the neutral agency, each look recorded."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from people import approvals, detention
from people.access import Tie
from people.detention import NotAPeriod, PurposeMissing, Stated
from people.models import AuditEntry, Detention, Person
from tests.factories import NOON, World, organisation, registered, staff, world

HOLDING = frozenset({Tie.HOLDING})
NEUTRAL = frozenset({Tie.NEUTRAL})
OWN = frozenset({Tie.OWN})


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w).recipient


def stated(w: World, **told: object) -> Stated:
    plain: dict[str, object] = {
        "place": "Camp Seven", "from_on": "2026-03", "until_on": "", "stated_by": "one_side",
        "source_id": w.south.pk,
    }  # fmt: skip
    return Stated(**plain | told)  # type: ignore[arg-type]


def keep(w: World, prisoner: Person, **told: object) -> Detention:
    return detention.state(prisoner, stated(w, **told), by=w.act(w.elena), ties=HOLDING, now=NOON)


def looks() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(act="see_detention").values_list("staff__username", "purpose"))


def test_place_is_sealed_and_seen_for_a_purpose_and_the_look_is_recorded(w: World, prisoner: Person) -> None:
    kept = keep(w, prisoner)

    (period,) = detention.look(prisoner, "parcel_delivery", by=w.act(w.elena), ties=HOLDING)

    assert (period.place, period.detention.from_on, period.detention.organisation) == (
        "Camp Seven", "2026-03", w.south,
    )  # fmt: skip
    assert b"Camp" not in bytes(kept.sealed_place)
    assert looks() == [("elena", "parcel_delivery")]


def test_neutral_agencys_logistics_sees_it(w: World, prisoner: Person) -> None:
    keep(w, prisoner)
    noor = w.act(staff("noor", "logistics", w.harbour))
    assert [each.place for each in detention.look(prisoner, "incident", by=noor, ties=NEUTRAL)] == [
        "Camp Seven"
    ]


def test_nobody_else_sees_or_states_it(w: World, prisoner: Person) -> None:
    keep(w, prisoner)
    lena = staff("lena", "logistics", w.north)
    for member, ties in (
        (lena, OWN), (w.gita, OWN), (w.ivo, OWN), (w.amina, OWN), (w.dawit, OWN), (w.farid, NEUTRAL),
        (staff("enzo", "liaison", w.south), HOLDING), (staff("mira", "medical", w.south), HOLDING),
        (w.elena, frozenset()), (staff("zora", "logistics", organisation("west")), frozenset()),
    ):  # fmt: skip
        with pytest.raises(approvals.NotYours):
            detention.look(prisoner, "parcel_delivery", by=w.act(member), ties=ties)
        with pytest.raises(approvals.NotYours):
            detention.state(prisoner, stated(w), by=w.act(member), ties=ties, now=NOON)
    assert (looks(), Detention.objects.count()) == ([], 1)


def test_side_that_sends_does_not_see_where_its_own_people_are(w: World, prisoner: Person) -> None:
    """Also where it is written on the record that the person is of its own side."""
    lena = w.act(staff("lena", "logistics", w.north))
    for party in (None, w.north.party):
        prisoner.party = party
        with pytest.raises(approvals.NotYours):
            detention.look(prisoner, "parcel_delivery", by=lena, ties=OWN)


def test_holding_office_sees_it_on_its_own_record_of_the_other_sides_people(
    w: World, prisoner: Person
) -> None:
    own = Person.objects.create(kind="prisoner", organisation=w.south, party=w.north.party)
    assert detention.may_look(own, by=w.act(w.elena), ties=OWN)


def test_sender_is_held_nowhere(w: World) -> None:
    sender = registered(w).sender
    with pytest.raises(approvals.NotYours):
        detention.look(sender, "parcel_delivery", by=w.act(w.elena), ties=HOLDING)


@pytest.mark.parametrize("purpose", ["", "curiosity"])
def test_without_a_purpose_nothing_is_shown(w: World, prisoner: Person, purpose: str) -> None:
    keep(w, prisoner)
    with pytest.raises(PurposeMissing):
        detention.look(prisoner, purpose, by=w.act(w.elena), ties=HOLDING)
    assert looks() == []


@pytest.mark.parametrize(
    "told",
    [
        {"place": " "}, {"place": "x" * 201}, {"from_on": "spring"}, {"from_on": "XXXX"},
        {"from_on": "2025/2026"}, {"from_on": "2026-12"}, {"until_on": "2025"}, {"stated_by": "neutral"},
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused(w: World, prisoner: Person, told: dict[str, object]) -> None:
    with pytest.raises(NotAPeriod):
        keep(w, prisoner, **told)
    assert Detention.objects.count() == 0


def test_period_that_ended_is_stated_anew_once(w: World, prisoner: Person) -> None:
    first = keep(w, prisoner)
    keep(w, prisoner, until_on="2026-10", replaces=first)
    with pytest.raises(NotAPeriod):
        keep(w, prisoner, until_on="2026-09", replaces=first)

    rows = detention.look(prisoner, "verification", by=w.act(w.elena), ties=HOLDING)
    assert [(each.detention.until_on, hasattr(each.detention, "replaced_by")) for each in rows] == [
        ("2026-10", False), ("", True),
    ]  # fmt: skip


def test_period_of_another_person_is_not_replaced(w: World, prisoner: Person) -> None:
    first = keep(w, prisoner)
    with pytest.raises(NotAPeriod):
        keep(w, registered(w).recipient, replaces=first)
    assert Detention.objects.count() == 1


def test_database_keeps_periods_as_they_were_stated(w: World, prisoner: Person) -> None:
    kept = keep(w, prisoner)
    with pytest.raises(DatabaseError), transaction.atomic():
        Detention.objects.update(from_on="2020")
    kept.pk, kept.from_on = None, "soon"
    with pytest.raises(IntegrityError), transaction.atomic():
        kept.save(force_insert=True)
    assert list(Detention.objects.values_list("from_on", flat=True)) == ["2026-03"]
