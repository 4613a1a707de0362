"""What became of a prisoner, as somebody stated it."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from people import approvals, situations
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
