"""What became of a prisoner, as somebody stated it."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from people import approvals, situations
from people.actors import Actor
from people.models import Approval, AuditEntry, Person, SituationEvent
from tests.factories import NOON, World, registered, world

ON = date(2026, 11, 18)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w).recipient


def test_statement_is_kept_and_audited(w: World, prisoner: Person) -> None:
    event = situations.record(
        prisoner, "in_hospital", ON, "one_side", source_id=w.south.pk, document="", by=w.act(w.gita), now=NOON
    )
    assert event == SituationEvent.objects.get()
    assert list(AuditEntry.objects.values_list("staff", "act", "subject")) == [
        (w.gita.pk, "record_situation", prisoner.pk)
    ]


def test_statement_is_never_changed(w: World, prisoner: Person) -> None:
    situations.record(
        prisoner, "held", ON, "one_side", source_id=w.south.pk, document="", by=w.act(w.gita), now=NOON
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        SituationEvent.objects.update(situation="released")
    assert SituationEvent.objects.get().situation == "held"


@pytest.mark.parametrize("stated_by", ["both_sides", "neutral"])
def test_word_that_counts_alone_stands_on_a_paper(w: World, prisoner: Person, stated_by: str) -> None:
    with pytest.raises(situations.PaperMissing):
        situations.record(
            prisoner, "released", ON, stated_by, source_id=w.south.pk, document="", by=w.act(w.gita), now=NOON
        )
    assert SituationEvent.objects.count() == 0


@pytest.mark.parametrize("who", ["amina", "bruno", "elena"])
def test_officers_alone_record(w: World, prisoner: Person, who: str) -> None:
    by = w.act(getattr(w, who))
    for stated_by in ("one_side", "two_officers"):
        with pytest.raises(approvals.NotYours):
            situations.record(
                prisoner, "released", ON, stated_by, source_id=w.south.pk, document="x", by=by, now=NOON
            )
    assert (SituationEvent.objects.count(), Approval.objects.count()) == (0, 0)


def test_two_officers_word_is_one_when_the_second_confirms(w: World, prisoner: Person) -> None:
    made = situations.record(
        prisoner,
        "deceased",
        ON,
        "two_officers",
        source_id=w.north.pk,
        document="",
        by=w.act(w.gita),
        now=NOON,
    )
    assert isinstance(made, Approval)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(made.pk, by=w.act(w.gita), now=NOON)
    assert SituationEvent.objects.count() == 0
    approvals.confirm(made.pk, by=w.act(w.ivo), now=NOON)
    event = SituationEvent.objects.get()
    assert (event.situation, event.stated_by, event.happened_on) == ("deceased", "two_officers", ON)


def test_statement_about_many_is_an_event_for_each_in_as_many_statements_as_for_one(w: World) -> None:
    people = [registered(w).recipient.pk for _ in range(4)]

    def state(ids: list[int]) -> list[SituationEvent]:
        return situations.record_for(
            ids, "exchanged", ON, "both_sides", source_id=w.harbour.pk, document="ACT-3", by=w.act(w.gita),
            now=NOON,
        )  # fmt: skip

    with CaptureQueriesContext(connection) as one:
        state(people[:1])
    with CaptureQueriesContext(connection) as three:
        events = state(people[1:])

    assert len(one) == len(three)
    assert [event.person_id for event in events] == people[1:]
    assert set(SituationEvent.objects.values_list("person", "situation", "organisation", "recorded_at")) == {
        (pk, "exchanged", w.north.pk, NOON) for pk in people
    }
    assert AuditEntry.objects.filter(act="record_situation").count() == 4


def test_word_of_two_officers_about_many_is_under_an_act_of_two(w: World, prisoner: Person) -> None:
    def state(by: Actor) -> list[SituationEvent]:
        return situations.record_for(
            [prisoner.pk], "exchanged", ON, "two_officers", source_id=w.north.pk, document="", by=by, now=NOON
        )

    with pytest.raises(approvals.NotYours):
        state(w.act(w.ivo))
    assert SituationEvent.objects.count() == 0

    approval = approvals.propose("person", prisoner.pk, "situation", by=w.act(w.gita), details={}, now=NOON)
    (event,) = state(w.act(w.ivo).under(approval))
    assert (event.stated_by, event.recorded_by) == ("two_officers", w.gita)


def test_statement_about_many_is_refused_as_one_is(w: World, prisoner: Person) -> None:
    for by, document, refusal in (
        (w.act(w.amina), "ACT-3", approvals.NotYours),
        (w.act(w.gita), "", situations.PaperMissing),
    ):
        with pytest.raises(refusal):
            situations.record_for(
                [prisoner.pk], "exchanged", ON, "neutral", source_id=w.harbour.pk, document=document, by=by,
                now=NOON,
            )  # fmt: skip
    assert SituationEvent.objects.count() == 0
