"""Whoever was recorded is matched by a worker, and what hangs on it: quotas, situations, screening."""

from collections.abc import Callable
from datetime import date

import pytest

from parcels import workers
from parcels.actions import register
from parcels.models import Batch, Quarantine
from people import approvals, deciding, groups
from people.actions import Telling
from people.models import MatchStatement, Person, PersonKey, PossibleMatch, SituationEvent
from tests.databases import as_role
from tests.factories import NOON, World, accepted, declaration, registered, world
from tests.parcels.workers.conftest import age, history
from tests.people.people import recorded

pytestmark = pytest.mark.django_db
Drain = Callable[[str], int]
CYRILLIC = Telling("prisoner", "Коваленко Іван Сергійович", "1985-03-04")
LATIN = Telling("prisoner", "Kovalenko Ivan Sergeevich", "1985-03-04", "N-7")
INITIALS = Telling("prisoner", "Коваленко І. С.", "1985-03-04")


def test_whoever_was_registered_is_matched_once(w: World, drain: Drain) -> None:
    first, second = registered(w, recipient=CYRILLIC), registered(w, recipient=LATIN)

    assert drain("match") == 2
    assert drain("match") == 0

    assert first.recipient_id != second.recipient_id
    assert groups.same_as(second.recipient_id, w.north.pk) == [first.recipient_id]
    assert not Batch.objects.exists()
    # A sender is known by their contact, and waits for nobody.
    assert Person.objects.filter(kind="sender", matched_at=None).count() == 2


def test_registering_itself_matches_nobody(w: World) -> None:
    registered(w, recipient=CYRILLIC)
    registered(w, recipient=LATIN)

    assert not MatchStatement.objects.exists()
    assert not PossibleMatch.objects.exists()


def test_records_of_one_prisoner_share_a_quota(drain: Drain) -> None:
    w = world(quota_per_prisoner=1)
    first, second = accepted(w, recipient=CYRILLIC), accepted(w, recipient=LATIN)

    drain("screen")

    assert [history(parcel)[-1] for parcel in (first, second)] == [
        ("clear", "cleared"),
        ("hold", "in_review"),
    ]


def test_quota_is_not_shared_before_two_people_said_so(drain: Drain) -> None:
    w = world(quota_per_prisoner=1)
    first, second = accepted(w, recipient=CYRILLIC), accepted(w, recipient=INITIALS)
    drain("screen")
    assert [history(parcel)[-1][1] for parcel in (first, second)] == ["cleared", "cleared"]

    proposal = deciding.propose(PossibleMatch.objects.get(), deciding.SAME, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.amina), now=NOON)
    third = accepted(w, recipient=INITIALS)
    drain("screen")

    assert history(third)[-1] == ("hold", "in_review")


def test_screening_waits_until_its_addressee_is_matched(w: World, drain: Drain) -> None:
    parcel = accepted(w, recipient=CYRILLIC)
    # Nothing of this person opens any more: matching fails, and is put aside for people.
    wrapped = bytes(PersonKey.objects.get(person=parcel.recipient_id).wrapped)
    PersonKey.objects.filter(person=parcel.recipient_id).update(wrapped=b"\x01broken")
    for _ in range(6):
        drain("screen")
        age("parcels_batch", "claimed_at", "6 s")
    assert [(row.kind, row.person, row.parcel) for row in Quarantine.objects.all()] == [
        ("match", parcel.recipient, None)
    ]
    assert history(parcel) == []

    PersonKey.objects.filter(person=parcel.recipient_id).update(wrapped=wrapped)
    Quarantine.objects.all().delete()

    assert drain("screen") == 1


@pytest.mark.parametrize("said_on", ["same office", "other office"])
def test_situation_stated_on_a_linked_record_concerns_the_parcel(
    w: World, drain: Drain, said_on: str
) -> None:
    parcel = registered(w, recipient=CYRILLIC)
    office = w.north if said_on == "same office" else w.south
    linked = recorded(office, "Kovalenko Ivan Sergeevich", "1985-03-04")
    drain("match")
    if said_on == "other office":
        pair = groups.pair(parcel.recipient_id, linked.pk, w.north.pk)
        with as_role("lifeline_worker"):
            groups.state_alone([groups.Stated(pair, ("surname_same",))], now=NOON)
    exchanged(w, linked)

    drain("follow")

    assert history(parcel) == [("cancel", "cancelled")]


def test_situation_on_a_record_that_another_office_linked_does_not(w: World, drain: Drain) -> None:
    parcel = registered(w, recipient=CYRILLIC)
    linked = recorded(w.south, "Kovalenko Ivan Sergeevich", "1985-03-04")
    groups.state_alone(
        [groups.Stated(groups.pair(parcel.recipient_id, linked.pk, w.south.pk), ("surname_same",))], now=NOON
    )
    exchanged(w, linked)

    drain("follow")

    assert history(parcel) == []


def exchanged(w: World, person: Person) -> None:
    SituationEvent.objects.create(
        person=person, situation="exchanged", happened_on=date(2026, 11, 19), stated_by="both_sides",
        source=w.north, document="ACT-1", recorded_by=w.gita, recorded_at=NOON,
    )  # fmt: skip


def test_holding_office_finds_its_own_record_of_an_addressee(w: World, drain: Drain) -> None:
    """It reads the addressees of its rounds; the sending office does not read whom the holding one holds."""
    held = recorded(w.south, "Kovalenko Ivan Sergeevich", "1985-03-04")
    drain("match")
    parcel = registered(w, recipient=CYRILLIC)

    drain("match")

    assert groups.same_as(held.pk, w.south.pk) == [parcel.recipient_id]
    assert groups.same_as(parcel.recipient_id, w.north.pk) == []
    assert not PossibleMatch.objects.filter(office=w.north).exists()


def test_many_are_matched_in_shares(w: World) -> None:
    tellings = [
        Telling("prisoner", f"{name} Петро Іванович", f"{year}-01-0{day}")
        for name in ("Мельник", "Бондар")
        for year in range(1960, 1970)
        for day in (1, 2, 3)
    ]
    register([declaration(recipient=each) for each in tellings], round_=w.round, by=w.act(w.amina), now=NOON)

    with as_role("lifeline_worker"):
        assert workers.drain("match") == 60

    assert not MatchStatement.objects.exists()  # sixty people of two names
