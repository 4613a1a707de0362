"""What is kept from a family (GC IV art. 137): by one officer, until two let it go."""

from datetime import date, timedelta

import pytest

from people import approvals, situations, withholding
from people.models import Approval, Fact, Person, SituationEvent, Withholding
from tests.factories import NOON, World, registered, staff, world

REVIEW = date(2026, 12, 20)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w).recipient


@pytest.fixture
def event(w: World, prisoner: Person) -> SituationEvent:
    (kept,) = situations.record_for(
        [prisoner.pk], "in_hospital", date(2026, 11, 18), "neutral", source_id=w.harbour.pk,
        document="NOTE-1", by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    return kept


def keep(w: World, what: Fact | SituationEvent, review_on: date = REVIEW) -> Withholding:
    return withholding.keep_back(what, "harm_to_relatives", review_on, by=w.act(w.gita), now=NOON)


def kept(person: Person) -> list[Withholding]:
    return list(withholding.kept_now([person.pk]))


def test_fact_and_event_are_kept_back_each_for_itself(
    w: World, prisoner: Person, event: SituationEvent
) -> None:
    fact = prisoner.facts.get(kind="service_number")
    rows = {keep(w, fact), keep(w, event)}
    assert set(kept(prisoner)) == rows
    assert {(each.reason, each.review_on, each.recorded_by) for each in rows} == {
        ("harm_to_relatives", REVIEW, w.gita)
    }


def test_renewal_is_a_later_row(w: World, prisoner: Person, event: SituationEvent) -> None:
    keep(w, event)
    renewed = keep(w, event, REVIEW + timedelta(days=30))
    assert kept(prisoner) == [renewed]
    assert Withholding.objects.count() == 2


def test_silence_lets_nothing_go(w: World, prisoner: Person, event: SituationEvent) -> None:
    row = keep(w, event)
    assert list(withholding.due_for_review(w.north.pk, REVIEW - timedelta(days=1))) == []
    assert list(withholding.due_for_review(w.north.pk, REVIEW)) == [row]
    assert list(withholding.due_for_review(w.south.pk, REVIEW)) == []
    assert kept(prisoner) == [row]


def test_two_officers_let_it_go(w: World, prisoner: Person, event: SituationEvent) -> None:
    row = keep(w, event)
    proposal = withholding.propose_to_let_go(row, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)
    assert kept(prisoner) == [row]

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    assert kept(prisoner) == []
    last = Withholding.objects.latest("pk")
    assert (last.kept, last.recorded_by, last.also_by) == (False, w.gita, w.ivo)
    with pytest.raises(withholding.NotKept):
        withholding.propose_to_let_go(row, by=w.act(w.gita), now=NOON)


def test_renewed_meanwhile_is_let_go_all_the_same(w: World, prisoner: Person, event: SituationEvent) -> None:
    proposal = withholding.propose_to_let_go(keep(w, event), by=w.act(w.gita), now=NOON)
    keep(w, event, REVIEW + timedelta(days=30))
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    assert kept(prisoner) == []


def test_review_lies_ahead(w: World, event: SituationEvent) -> None:
    with pytest.raises(withholding.ReviewMissing):
        keep(w, event, NOON.date())
    assert Withholding.objects.count() == 0


def test_others_than_the_own_officers_keep_nothing_and_let_nothing_go(
    w: World, prisoner: Person, event: SituationEvent
) -> None:
    row = keep(w, event)
    for member in (w.amina, w.bruno, w.elena, w.farid, staff("enzo", "liaison", w.south)):
        with pytest.raises(approvals.NotYours):
            withholding.keep_back(event, "own_wish", REVIEW, by=w.act(member), now=NOON)
        with pytest.raises(approvals.NotYours):
            withholding.propose_to_let_go(row, by=w.act(member), now=NOON)
    assert (kept(prisoner), Approval.objects.count()) == ([row], 0)
