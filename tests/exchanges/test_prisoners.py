"""Exchanges of prisoners: opened and named by two, their lists, their stages, what is recorded of a person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from exchanges import actions
from exchanges.actions import NotPossible
from exchanges.actions.prisoners import CROSSING, LIST_NOTE, NAME, STEP_NOTE, TITLE, UNNAME, decide, opener
from exchanges.models import (
    Exchange,
    ExchangeCount,
    ExchangeTrace,
    ListedPerson,
    ListedStep,
    NamedOfficer,
    PrisonerList,
    Stage,
)
from people import approvals
from people.actors import announce
from people.models import Approval, Grant, Person, Role, SituationEvent, Staff
from tests.factories import NOON, World, agreed_exchange, exchange, organisation, person, staff, world

ON = date(2026, 11, 19)


@pytest.fixture
def w(db: None) -> World:
    return world()


def named(w: World, made: Exchange, see: Staff) -> list[Staff]:
    announce(w.act(see))
    return [each.staff for each in made.officers.filter(unnamed_at=None).order_by("staff")]


def propose(w: World, made: Exchange, act: str, who: Staff, by: Staff) -> Approval:
    return actions.propose_naming(made, act, who.pk, by=w.act(by), now=NOON)


def confirm(w: World, proposal: Approval, by: Staff) -> None:
    approvals.confirm(proposal.pk, by=w.act(by), now=NOON)


def state(
    w: World, made: Exchange, *people: Person, holding: Any = None, by: Staff | None = None
) -> PrisonerList:
    return actions.state_list(
        made, holding_id=(holding or w.south).pk, stated_by_id=w.south.pk, stated_on=ON, people=people,
        note="From the meeting", by=w.act(by or w.gita), now=NOON,
    )  # fmt: skip


def finish(
    w: World, made: Exchange, *stayed: Person, document: str = "", stated_by: str = "two_officers"
) -> Approval:
    return actions.propose_finishing(
        made, 1, happened_on=ON, stated_by=stated_by, document=document,
        stayed=[each.reference for each in stayed], by=w.act(w.gita), now=NOON,
    )  # fmt: skip


def statuses(made: Exchange) -> list[str]:
    return list(made.people.order_by("pk").values_list("status", flat=True))


def third(w: World, name: str = "Jan") -> Staff:
    return staff(name.lower(), Role.LIAISON, w.north)


# Opening and naming


def test_exchange_is_opened_by_two(w: World) -> None:
    made = exchange(w)
    assert (made.status, made.category, opener(w.north.pk)(made.sealed_title, TITLE, made.pk)) == (
        "proposed", "n_for_n", "Before the winter",
    )  # fmt: skip
    assert named(w, made, w.gita) == [w.gita, w.ivo]


def test_nothing_exists_before_the_second_agrees(w: World) -> None:
    actions.propose_exchange(
        "n_for_n", one_side_id=w.north.pk, other_side_id=w.south.pk, title="x", with_staff_id=w.ivo.pk,
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    announce(w.act(w.gita))
    assert (Exchange.objects.count(), NamedOfficer.objects.count()) == (0, 0)


@pytest.mark.parametrize("who", ["gita", "jan", "amina", "farid"])
def test_only_the_second_asked_opens_it(w: World, who: str) -> None:
    jan = third(w)
    proposal = actions.propose_exchange(
        "n_for_n", one_side_id=w.north.pk, other_side_id=w.south.pk, title="x", with_staff_id=w.ivo.pk,
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    by = jan if who == "jan" else getattr(w, who)
    with pytest.raises(approvals.NotYours):
        confirm(w, proposal, by)
    announce(w.act(by))
    assert Exchange.objects.count() == 0
    assert Approval.objects.get().decision is None


@pytest.mark.parametrize("second", ["gita", "amina", "farid"])
def test_second_is_another_officer_of_the_office(w: World, second: str) -> None:
    with pytest.raises(NotPossible):
        actions.propose_exchange(
            "n_for_n", one_side_id=w.north.pk, other_side_id=w.south.pk, title="x",
            with_staff_id=getattr(w, second).pk, by=w.act(w.gita), now=NOON,
        )  # fmt: skip
    assert Approval.objects.count() == 0


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_officers_alone_propose_an_exchange(w: World, who: str) -> None:
    by = w.act(getattr(w, who))
    with pytest.raises((NotPossible, approvals.NotYours)):
        actions.propose_exchange(
            "n_for_n", one_side_id=w.north.pk, other_side_id=w.south.pk, title="x",
            with_staff_id=w.ivo.pk, by=by, now=NOON,
        )  # fmt: skip
    assert Approval.objects.count() == 0


def test_officer_is_named_and_unnamed_by_two(w: World) -> None:
    made, jan = exchange(w), third(w)
    confirm(w, propose(w, made, NAME, jan, w.gita), w.ivo)
    assert named(w, made, jan) == [w.gita, w.ivo, jan]

    confirm(w, propose(w, made, UNNAME, w.gita, jan), w.ivo)

    assert named(w, made, w.ivo) == [w.ivo, jan]
    assert named(w, made, w.gita) == []
    announce(w.act(w.ivo))
    assert list(ExchangeTrace.objects.order_by("pk").values_list("act", "staff")) == [
        ("opened_file", w.ivo.pk),
        ("proposed_exchange_name", w.gita.pk),
        ("named", w.ivo.pk),
        ("proposed_exchange_unname", jan.pk),
        ("unnamed", w.ivo.pk),
    ]


def test_nobody_names_alone_nor_who_is_to_be_named(w: World) -> None:
    made, jan = exchange(w), third(w)
    proposal = propose(w, made, NAME, jan, w.gita)
    for by in (w.gita, jan):
        with pytest.raises(approvals.NotYours):
            confirm(w, proposal, by)
    assert named(w, made, w.gita) == [w.gita, w.ivo]


def test_not_named_officer_neither_proposes_nor_decides(w: World) -> None:
    made, jan, kim = exchange(w), third(w), third(w, "Kim")
    with pytest.raises(approvals.NotYours):
        propose(w, made, NAME, jan, jan)
    proposal = propose(w, made, NAME, kim, w.gita)
    with pytest.raises(approvals.NotYours):
        confirm(w, proposal, jan)
    assert named(w, made, w.gita) == [w.gita, w.ivo]


def test_two_stay_named(w: World) -> None:
    made = exchange(w)
    with pytest.raises(NotPossible, match="name another one first"):
        propose(w, made, UNNAME, w.ivo, w.gita)
    assert named(w, made, w.gita) == [w.gita, w.ivo]


def test_the_last_who_serves_is_joined_by_whom_they_name(w: World) -> None:
    made, jan = exchange(w), third(w)
    Grant.objects.filter(staff=w.ivo).update(until_at=NOON - timedelta(days=1))
    proposal = propose(w, made, NAME, jan, w.gita)
    confirm(w, proposal, jan)
    assert named(w, made, jan) == [w.gita, w.ivo, jan]


def test_right_that_ended_ends_the_naming_too(w: World) -> None:
    made = exchange(w)
    grant = Grant.objects.get(staff=w.ivo)
    grant.role = Role.SCREENER
    grant.save()
    with pytest.raises(approvals.NotYours):
        actions.change_exchange(made, "cancelled", by=w.act(w.ivo), now=NOON)
    announce(w.act(w.gita))
    assert Exchange.objects.get().status == "proposed"


def test_proposal_is_taken_back_by_who_made_it(w: World) -> None:
    made, jan = exchange(w), third(w)
    proposal = propose(w, made, NAME, jan, w.gita)
    decide(proposal, confirm=False, by=w.act(w.gita), now=NOON)
    assert Approval.objects.get(pk=proposal.pk).decision == "voided"


def test_database_names_only_under_an_act_of_two(w: World) -> None:
    made, jan = exchange(w), third(w)
    opening = Approval.objects.get(act="exchange_open")
    proposal = propose(w, made, NAME, jan, w.gita)
    for under in (opening, proposal):
        with pytest.raises(DatabaseError), transaction.atomic():
            NamedOfficer.objects.create(exchange=made, staff=jan, named_under=under, named_at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.officers.filter(staff=w.ivo).update(unnamed_at=NOON, unnamed_under=opening)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.officers.filter(staff=w.ivo).update(staff=jan)
    assert named(w, made, w.gita) == [w.gita, w.ivo]


# States


def test_exchange_goes_its_way(w: World) -> None:
    made = agreed_exchange(w, [person(w)])
    confirm(w, finish(w, made), w.ivo)
    made.refresh_from_db()
    assert made.status == "under_way"
    assert actions.change_exchange(made, "completed", by=w.act(w.ivo), now=NOON).status == "completed"


def test_steps_that_do_not_follow_are_refused(w: World) -> None:
    made, by = exchange(w), w.act(w.gita)
    for status, why in (
        ("agreed", "cannot become agreed"),
        ("lists_exchanged", "No list"),
        ("nonsense", "cannot"),
    ):
        with pytest.raises(NotPossible, match=why):
            actions.change_exchange(made, status, by=by, now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Exchange.objects.update(status="completed")
    assert Exchange.objects.get().status == "proposed"


def test_list_with_doubts_is_not_verified(w: World) -> None:
    made, petro, by = exchange(w), person(w), w.act(w.gita)
    state(w, made, petro)
    actions.change_exchange(made, "lists_exchanged", by=by, now=NOON)
    with pytest.raises(NotPossible, match="Not verified yet, or disputed: 1"):
        actions.change_exchange(made, "verified", by=by, now=NOON)
    assert Exchange.objects.get().status == "lists_exchanged"


def test_exchange_with_a_planned_stage_is_not_completed(w: World) -> None:
    made, by = agreed_exchange(w, [person(w)]), w.act(w.gita)
    actions.change_exchange(made, "under_way", by=by, now=NOON)
    with pytest.raises(NotPossible, match="still planned"):
        actions.change_exchange(made, "completed", by=by, now=NOON)
    assert Exchange.objects.get().status == "under_way"


# Lists


def test_corrected_list_takes_off_adds_and_keeps(w: World) -> None:
    made, (petro, ivan, oleh) = exchange(w), (person(w), person(w), person(w))
    state(w, made, petro, ivan)
    actions.mark(made, [petro.reference], "verified", by=w.act(w.gita), now=NOON)

    second = state(w, made, petro, oleh)

    assert (second.version, opener(w.north.pk)(second.sealed_note, LIST_NOTE, second.pk)) == (
        2,
        "From the meeting",
    )
    rows = made.people.order_by("pk").values_list("person", "status", "on_list__version")
    assert list(rows) == [(petro.pk, "verified", 1), (ivan.pk, "removed", 1), (oleh.pk, "listed", 2)]
    taken = ListedStep.objects.filter(listed__person=ivan).order_by("pk")
    assert list(taken.values_list("what", "reason", "on_list__version")) == [
        ("listed", "", 1), ("removed", "corrected_list", 2),
    ]  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        PrisonerList.objects.update(version=9)


def test_list_corrected_after_it_was_verified_is_verified_again(w: World) -> None:
    made, petro, by = exchange(w), person(w), w.act(w.gita)
    state(w, made, petro)
    actions.mark(made, [petro.reference], "verified", by=by, now=NOON)
    for status in ("lists_exchanged", "verified"):
        actions.change_exchange(made, status, by=by, now=NOON)
    actions.list_people(made, holding_id=w.south.pk, people=[person(w)], by=by, now=NOON)
    assert Exchange.objects.get().status == "lists_exchanged"


def test_person_is_on_one_sides_list_once(w: World) -> None:
    made, petro, by = exchange(w), person(w), w.act(w.gita)
    state(w, made, petro)
    assert actions.list_people(made, holding_id=w.south.pk, people=[petro], by=by, now=NOON) == 0
    with pytest.raises(NotPossible, match="other side's list"):
        state(w, made, petro, holding=w.north)
    assert (made.people.count(), made.lists.count()) == (1, 1)


def test_people_need_a_stated_list(w: World) -> None:
    made = exchange(w)
    with pytest.raises(NotPossible, match="State the list first"):
        actions.list_people(made, holding_id=w.south.pk, people=[person(w)], by=w.act(w.gita), now=NOON)
    with pytest.raises(NotPossible, match="no side"):
        state(w, made, holding=w.harbour)
    assert made.people.count() == 0


def test_person_is_verified_disputed_verified_removed(w: World) -> None:
    made, petro, by = exchange(w), person(w), w.act(w.gita)
    state(w, made, petro)
    for step, reason in (
        ("verified", ""),
        ("disputed", "name_differs"),
        ("verified", ""),
        ("removed", "not_held"),
    ):
        actions.mark(made, [petro.reference], step, reason=reason, note="Seen as Piotr", by=by, now=NOON)
    assert statuses(made) == ["removed"]
    kept = ListedStep.objects.order_by("pk")
    assert [(each.what, each.reason) for each in kept] == [
        ("listed", ""), ("verified", ""), ("disputed", "name_differs"), ("verified", ""), ("removed", "not_held"),
    ]  # fmt: skip
    assert opener(w.north.pk)(kept[2].sealed_note, STEP_NOTE, kept[2].pk) == "Seen as Piotr"


def test_marking_is_all_or_none_and_says_why(w: World) -> None:
    made, (petro, ivan), by = exchange(w), (person(w), person(w)), w.act(w.gita)
    state(w, made, petro, ivan)
    both = [petro.reference, ivan.reference]
    for references, step, reason, why in (
        (both, "disputed", "", "Say why"),
        (both, "exchanged", "", "with a stage"),
        ([*both, "nobody"], "verified", "", "on a list"),
        ([], "verified", "", "on a list"),
    ):
        with pytest.raises(NotPossible, match=why):
            actions.mark(made, references, step, reason=reason, by=by, now=NOON)
    actions.mark(made, [petro.reference], "verified", by=by, now=NOON)
    with pytest.raises(NotPossible, match="cannot become verified"):
        actions.mark(made, both, "verified", by=by, now=NOON)
    assert statuses(made) == ["verified", "listed"]
    with pytest.raises(DatabaseError), transaction.atomic():
        ListedPerson.objects.filter(person=ivan).update(status="exchanged")


# Stages


def test_finishing_records_each_persons_event(w: World) -> None:
    petro, ivan, oleh = person(w), person(w), person(w)
    made = agreed_exchange(w, [petro, ivan, oleh])
    confirm(w, finish(w, made, oleh, document="Protocol 7"), w.ivo)

    assert statuses(made) == ["exchanged", "exchanged", "verified"]
    assert made.people.get(person=oleh).stage is None
    stage = Stage.objects.get()
    assert (stage.status, stage.finished_on) == ("finished", ON)
    events = SituationEvent.objects.order_by("person")
    assert [
        (e.person, e.situation, e.stated_by, e.happened_on, e.source, e.document, e.recorded_by) for e in events
    ] == [
        (each, "exchanged", "two_officers", ON, w.north, "Protocol 7", w.gita) for each in (petro, ivan)
    ]  # fmt: skip
    assert list(
        ListedStep.objects.filter(what__in=("stayed", "exchanged")).order_by("listed").values_list("what", flat=True)
    ) == ["exchanged", "exchanged", "stayed"]  # fmt: skip


def test_paper_of_both_sides_is_their_word(w: World) -> None:
    made = agreed_exchange(w, [person(w)])
    with pytest.raises(NotPossible, match="paper of both sides"):
        finish(w, made, stated_by="both_sides")
    with pytest.raises(NotPossible, match="word of two officers"):
        finish(w, made, stated_by="one_side", document="x")
    confirm(w, finish(w, made, stated_by="both_sides", document="Protocol 7"), w.ivo)
    assert SituationEvent.objects.get().stated_by == "both_sides"


def test_one_officer_does_not_finish_a_stage(w: World) -> None:
    made, jan = agreed_exchange(w, [person(w)]), third(w)
    proposal = finish(w, made)
    for by in (w.gita, jan, w.farid, w.amina):
        with pytest.raises(approvals.NotYours):
            confirm(w, proposal, by)
    announce(w.act(w.gita))
    assert (Stage.objects.get().status, statuses(made), SituationEvent.objects.count()) == (
        "planned", ["verified"], 0,
    )  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        Stage.objects.update(status="finished", finished_on=ON)


def test_who_was_unnamed_meanwhile_finishes_nothing(w: World) -> None:
    made, jan = agreed_exchange(w, [person(w)]), third(w)
    confirm(w, propose(w, made, NAME, jan, w.gita), w.ivo)
    proposal = finish(w, made)
    confirm(w, propose(w, made, UNNAME, w.gita, jan), w.ivo)
    with pytest.raises(approvals.NotYours):
        confirm(w, proposal, w.ivo)
    assert SituationEvent.objects.count() == 0


def test_stage_that_changed_is_looked_at_again(w: World) -> None:
    petro, ivan = person(w), person(w)
    made = agreed_exchange(w, [petro, ivan])
    proposal = finish(w, made)
    actions.mark(made, [ivan.reference], "disputed", reason="own_wish", by=w.act(w.ivo), now=NOON)
    with pytest.raises(approvals.NotOpen):
        confirm(w, proposal, w.ivo)
    assert (statuses(made), SituationEvent.objects.count()) == (["verified", "disputed"], 0)
    confirm(w, finish(w, made), w.ivo)
    assert statuses(made) == ["exchanged", "disputed"]


def test_stage_that_fell_through_is_planned_anew(w: World) -> None:
    petro = person(w)
    made, by = agreed_exchange(w, [petro]), w.act(w.gita)
    actions.let_fall_through(made, 1, by=by, now=NOON)
    assert (Stage.objects.get().status, made.people.get().stage) == ("fell_through", None)
    with pytest.raises(NotPossible, match="cannot become finished"):
        finish(w, made)
    with pytest.raises(NotPossible, match="that is planned"):
        actions.put_in_stage(made, [petro.reference], 1, by=by, now=NOON)
    actions.plan_stage(
        made, number=1, planned_on=None, from_one_side=0, from_other_side=1, numbers_public=False,
        place="At the river", by=by, now=NOON,
    )  # fmt: skip
    stage = Stage.objects.get()
    assert (stage.status, opener(w.north.pk)(stage.sealed_place, CROSSING, stage.pk)) == (
        "planned",
        "At the river",
    )


def test_exchange_that_is_not_agreed_finishes_no_stage(w: World) -> None:
    made = exchange(w)
    actions.plan_stage(
        made, planned_on=None, from_one_side=None, from_other_side=None, numbers_public=False, place="",
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    with pytest.raises(NotPossible, match="not agreed yet"):
        finish(w, made)
    assert Approval.objects.filter(decision=None).count() == 0


def test_person_who_was_not_exchanged_is_corrected_by_a_later_event(w: World) -> None:
    petro = person(w)
    made = agreed_exchange(w, [petro])
    confirm(w, finish(w, made), w.ivo)
    proposal = actions.propose_correction(made, petro.reference, happened_on=ON, by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        confirm(w, proposal, w.gita)
    confirm(w, proposal, w.ivo)

    assert list(SituationEvent.objects.order_by("pk").values_list("situation", flat=True)) == [
        "exchanged",
        "held",
    ]
    row = made.people.get()
    assert (row.status, row.corrected) == ("exchanged", True)
    assert list(ListedStep.objects.order_by("pk").values_list("what", flat=True))[-2:] == [
        "exchanged", "not_exchanged",
    ]  # fmt: skip
    state(w, made, petro)
    assert statuses(made) == ["exchanged", "listed"]


def test_bodies_say_nothing_new_of_a_person(w: World) -> None:
    made = agreed_exchange(w, [person(w)], "bodies")
    confirm(w, finish(w, made), w.ivo)
    assert (statuses(made), SituationEvent.objects.count()) == (["exchanged"], 0)


def test_counts_stand_side_by_side(w: World) -> None:
    made, by = exchange(w, "bodies"), w.act(w.gita)
    for source, count in ((w.north, 6_057), (w.south, 6_060)):
        actions.record_count(
            made, number=None, holding_id=w.south.pk, scope="received", count=count, source_id=source.pk,
            stated_on=ON, by=by, now=NOON,
        )  # fmt: skip
    assert list(ExchangeCount.objects.order_by("pk").values_list("source", "count")) == [
        (w.north.pk, 6_057), (w.south.pk, 6_060),
    ]  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        ExchangeCount.objects.update(count=6_060)


def test_look_is_recorded_with_its_purpose(w: World) -> None:
    made = exchange(w)
    actions.look(made, "verification", by=w.act(w.ivo), now=NOON)
    assert list(ExchangeTrace.objects.filter(act="opened").values_list("staff", "purpose")) == [
        (w.ivo.pk, "verification")
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        actions.look(made, "", by=w.act(w.ivo), now=NOON)


def test_every_act_is_refused_to_who_is_not_named(w: World) -> None:
    petro = person(w)
    made = agreed_exchange(w, [petro])
    before = ExchangeTrace.objects.count()
    zora = staff("zora", Role.COORDINATOR, organisation("west"))
    for who in (third(w), w.farid, w.amina, zora):
        by = w.act(who)
        given: dict[str, Any] = {"by": by, "now": NOON}
        for act in (
            lambda g: actions.change_exchange(made, "cancelled", **g),
            lambda g: actions.look(made, "incident", **g),
            lambda g: actions.propose_naming(made, NAME, g["by"].staff_id, **g),
            lambda g: actions.mark(made, [petro.reference], "removed", reason="other", **g),
            lambda g: actions.list_people(made, holding_id=w.south.pk, people=[petro], **g),
            lambda g: actions.put_in_stage(made, [petro.reference], None, **g),
            lambda g: actions.let_fall_through(made, 1, **g),
            lambda g: actions.propose_correction(made, petro.reference, happened_on=ON, **g),
        ):
            with pytest.raises(approvals.NotYours):
                act(given)
        with pytest.raises(approvals.NotYours):
            state(w, made, petro, by=who)
    announce(w.act(w.gita))
    assert (statuses(made), Exchange.objects.get().status, ExchangeTrace.objects.count()) == (
        ["verified"], "agreed", before,
    )  # fmt: skip
