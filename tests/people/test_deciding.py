"""Two people answer whether two records are one person, and take it back."""

from dataclasses import replace

import pytest

from people import approvals, deciding, groups
from people.actors import Actor
from people.deciding import DIFFERENT, SAME, TAKE_BACK, NothingToDecide
from people.models import Approval, AuditEntry, Fact, MatchStatement, PossibleMatch
from people.queries import names_of
from tests.factories import NOON, World, world
from tests.people.people import match, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def question(w: World) -> PossibleMatch:
    first = recorded(w.north, "Коваленко Іван Сергійович", "1985-03-04")
    second = recorded(w.north, "Kovalenko I. S.", "1985-03-04")
    match(first, second)
    return PossibleMatch.objects.get()


def decide(w: World, question: PossibleMatch, act: str) -> None:
    proposal = deciding.propose(question, act, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.amina), now=NOON)
    question.refresh_from_db()


def test_two_people_join_records_and_neither_is_changed(w: World, question: PossibleMatch) -> None:
    names, facts = names_of([question.person_id, question.other_id]), Fact.objects.count()

    decide(w, question, SAME)

    said = MatchStatement.objects.get()
    assert (said.says, said.how) == ("same", "two_people")
    assert groups.same_as(question.person_id, w.north.pk) == [question.other_id]
    assert question.settled_at == NOON
    # Papers carry each name as its record writes it.
    assert names_of([question.person_id, question.other_id]) == names
    assert Fact.objects.count() == facts
    assert AuditEntry.objects.filter(act=SAME, subject_kind="person").count() == 2


def test_answer_is_taken_back_and_the_history_stays(w: World, question: PossibleMatch) -> None:
    decide(w, question, SAME)

    decide(w, question, TAKE_BACK)

    assert groups.same_as(question.person_id, w.north.pk) == []
    assert [each.says for each in deciding.history(question)] == ["withdrawn", "same"]
    assert question.settled_at is None
    decide(w, question, DIFFERENT)
    assert deciding.said_of(question) == "different"


def test_what_joined_by_itself_can_be_taken_back(w: World) -> None:
    first = recorded(w.north, "Коваленко Іван Сергійович", "1985-03-04")
    second = recorded(w.north, "Kovalenko Ivan Sergeevich", "1985-03-04")
    match(first, second)

    question = PossibleMatch.objects.get()  # answered; there to be looked at
    assert question.settled_at == NOON
    decide(w, question, TAKE_BACK)

    assert groups.same_as(first.pk, w.north.pk) == []
    assert question.reasons


def test_one_person_decides_nothing(w: World, question: PossibleMatch) -> None:
    proposal = deciding.propose(question, SAME, by=w.act(w.gita), now=NOON)

    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)

    assert not MatchStatement.objects.exists()


@pytest.mark.parametrize("who", ["bruno", "dawit", "elena", "farid"])
def test_others_propose_nothing(w: World, question: PossibleMatch, who: str) -> None:
    with pytest.raises(approvals.NotYours):
        deciding.propose(question, SAME, by=w.act(getattr(w, who)), now=NOON)

    assert not Approval.objects.exists()


def test_another_office_confirms_nothing(w: World, question: PossibleMatch) -> None:
    proposal = deciding.propose(question, SAME, by=w.act(w.gita), now=NOON)
    foreign = replace(w.act(w.amina), organisation_id=w.south.pk)

    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=foreign, now=NOON)

    assert not MatchStatement.objects.exists()


def test_one_proposal_at_a_time_whatever_it_says(w: World, question: PossibleMatch) -> None:
    deciding.propose(question, SAME, by=w.act(w.gita), now=NOON)

    with pytest.raises(approvals.NotOpen):
        deciding.propose(question, DIFFERENT, by=w.act(w.amina), now=NOON)

    assert Approval.objects.count() == 1


@pytest.mark.parametrize("act", [SAME, TAKE_BACK])
def test_nothing_is_said_twice_or_taken_back_before_it_was_said(
    w: World, question: PossibleMatch, act: str
) -> None:
    if act == SAME:
        decide(w, question, SAME)
    before = MatchStatement.objects.count()

    with pytest.raises(NothingToDecide):
        deciding.propose(question, act, by=w.act(w.gita), now=NOON)

    assert MatchStatement.objects.count() == before


def test_question_is_put_by_hand(w: World) -> None:
    first, second = recorded(w.north, "Pavlo Away", "1990"), recorded(w.north, "Семен Інший", "1970")
    by: Actor = w.act(w.amina)

    made = deciding.ask_about(second, first, by=by, now=NOON)

    assert (made.person, made.other, made.office) == (first, second, w.north)
    assert deciding.ask_about(first, second, by=by, now=NOON) == made
    foreign = recorded(w.south, "Pavlo Away", "1990")
    for by, other in ((w.act(w.dawit), second), (w.act(w.amina), foreign)):
        with pytest.raises(approvals.NotYours):
            deciding.ask_about(first, other, by=by, now=NOON)
    with pytest.raises(NothingToDecide):
        deciding.ask_about(first, first, by=w.act(w.amina), now=NOON)
    assert PossibleMatch.objects.count() == 1
