import pytest
from django.db import IntegrityError, transaction

from parcels.actions import Refused, vote
from parcels.models import LineDecision, Parcel
from people import actors
from people.approvals import NotYours
from people.models import Approval
from tests.factories import NOON, World, accepted, move, staff, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    return move(accepted(w), "hold", actors.worker(w.north.pk), findings=["UNKNOWN_CATEGORY"])


def status(parcel: Parcel) -> str:
    return Parcel.objects.values_list("status", flat=True).get(pk=parcel.pk)


def test_first_decision_waits_for_a_second(w: World, parcel: Parcel) -> None:
    assert vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON) == "waiting"

    assert status(parcel) == "in_review"


def test_two_equal_decisions_settle_it(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)

    assert vote(parcel.number, "clear", by=w.act(w.chiara), now=NOON) == "settled"

    approval = Approval.objects.get()
    movement = parcel.movements.latest("number")
    assert (status(parcel), movement.staff, movement.details) == (
        "cleared", w.chiara, {"approval": approval.pk},
    )  # fmt: skip


def test_second_decision_by_the_same_person_is_refused(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)

    for decision in ("clear", "refuse"):
        with pytest.raises(NotYours):
            vote(parcel.number, decision, by=w.act(w.bruno), now=NOON, reason="OTHER")  # type: ignore[arg-type]

    assert (status(parcel), Approval.objects.filter(decision=None).count()) == ("in_review", 1)


def test_database_refuses_a_second_decision_by_the_same_person(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)

    with pytest.raises(IntegrityError, match="approval_by_two"), transaction.atomic():
        Approval.objects.update(decided_by=w.bruno, decided_at=NOON, decision="confirmed")

    assert Approval.objects.get().decision is None


def test_where_they_differ_a_coordinator_who_decided_neither_does(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)
    assert vote(parcel.number, "refuse", by=w.act(w.chiara), now=NOON, reason="OTHER") == "differs"
    third = staff("dora", "screener", w.north)

    for member in (w.bruno, w.chiara, third):
        with pytest.raises(NotYours):
            vote(parcel.number, "clear", by=w.act(member), now=NOON)
    assert status(parcel) == "in_review"

    assert vote(parcel.number, "clear", by=w.act(w.ivo), now=NOON) == "settled"
    assert status(parcel) == "cleared"


def test_coordinator_may_decide_for_the_second(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)
    vote(parcel.number, "refuse", by=w.act(w.chiara), now=NOON, reason="OTHER")

    vote(parcel.number, "refuse", by=w.act(w.ivo), now=NOON, reason="OTHER")

    assert status(parcel) == "refused"


def test_coordinator_does_not_vote_first(w: World, parcel: Parcel) -> None:
    with pytest.raises(NotYours):
        vote(parcel.number, "clear", by=w.act(w.ivo), now=NOON)

    assert Approval.objects.count() == 0


def test_what_was_decided_of_a_line_is_kept_with_its_rule(w: World, parcel: Parcel) -> None:
    lines = [{"line": 2, "verdict": "prohibit"}]
    for member in (w.bruno, w.chiara):
        vote(parcel.number, "refuse", by=w.act(member), now=NOON, reason="OTHER", lines=lines)

    assert list(LineDecision.objects.values_list("line__number", "verdict")) == [(2, "prohibit")]


def test_leaving_review_otherwise_voids_open_votes(w: World, parcel: Parcel) -> None:
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)

    move(parcel, "recheck", actors.worker(w.north.pk), rules_version=2)

    assert Approval.objects.get().decision == "voided"


@pytest.mark.parametrize(("decision", "problem"), [("maybe", "validation"), ("refuse", "missing-detail")])
def test_ill_formed_vote_is_refused(w: World, parcel: Parcel, decision: str, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        vote(parcel.number, decision, by=w.act(w.bruno), now=NOON)  # type: ignore[arg-type]

    assert (refused.value.problem, Approval.objects.count()) == (problem, 0)


def test_parcel_not_in_review_takes_no_vote(w: World) -> None:
    with pytest.raises(Refused) as refused:
        vote(accepted(w).number, "clear", by=w.act(w.bruno), now=NOON)

    assert (refused.value.problem, Approval.objects.count()) == ("illegal-move", 0)


@pytest.mark.parametrize(
    ("reason", "line"),
    [("x" * 121, 1), ("a\x00b", 1), ("SHARP", "1"), ("SHARP", None), ("SHARP", True)],
)
def test_ballot_that_is_not_well_formed_is_refused(
    w: World, parcel: Parcel, reason: str, line: object
) -> None:
    lines = [{"line": line, "verdict": "allow"}]

    with pytest.raises(Refused) as refused:
        vote(parcel.number, "refuse", by=w.act(w.bruno), now=NOON, reason=reason, lines=lines)

    assert (refused.value.problem, Approval.objects.count()) == ("validation", 0)
