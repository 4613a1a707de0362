from collections.abc import Callable

import pytest

from exchanges.actions import next_version, propose_terms
from exchanges.models import ContentRule, Round, Terms
from parcels.actions import Step, advance, vote
from parcels.models import Consignment, Parcel
from people import approvals
from people.models import Approval
from tests.factories import NOON, World, accepted, consignment, move, seal, settle
from tests.parcels.workers.conftest import history, last_details

Drain = Callable[[str], int]


def screened(w: World, drain: Drain, *descriptions: str) -> Parcel:
    parcel = accepted(w, *descriptions or ("печенье", "мыло"))
    drain("screen")
    parcel.refresh_from_db()
    return parcel


def packed(w: World, drain: Drain, into: Consignment) -> Parcel:
    return move(settle(w, screened(w, drain)), "pack", w.act(w.dawit), consignment=into.number)


def new_terms(w: World, touches: str = Terms.Touches.NOT_SEALED, *, without: str = "HYGIENE") -> Terms:
    """Put a version in force, by two officers, that no longer allows one category."""
    terms = next_version(Terms.objects.get(status="in_force"))
    Terms.objects.filter(pk=terms.pk).update(touches=touches)
    ContentRule.objects.filter(terms=terms, category=without).update(
        verdict="prohibit", reason_code="LOCAL_RULE"
    )
    approval = propose_terms(terms, by=w.act(w.ivo), now=NOON)
    approvals.confirm(approval.pk, by=w.act(w.gita), now=NOON)
    return terms


def test_nothing_is_rechecked_under_the_terms_it_was_screened_by(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)

    assert drain("recheck") == 0

    assert history(parcel) == [("clear", "cleared")]


def test_new_terms_send_what_is_not_sealed_through_screening_again(w: World, drain: Drain) -> None:
    clear, held, refused = (
        screened(w, drain, *things)
        for things in (("печенье", "мыло"), ("печенье", "загадочная вещь"), ("печенье", "нож"))
    )
    new_terms(w)

    assert drain("recheck") == 3

    assert last_details(clear) == {"rules_version": 2}
    assert [history(p)[-1] for p in (clear, held, refused)] == [("recheck", "accepted")] * 3
    drain("screen")
    assert [history(p)[-1][1] for p in (clear, held, refused)] == ["refused", "in_review", "refused"]
    assert last_details(clear) == {"rules_version": 2, "reason": "LOCAL_RULE"}


def test_recheck_twice_moves_once(w: World, drain: Drain) -> None:
    parcel = screened(w, drain, "печенье")
    new_terms(w)
    drain("recheck")
    drain("screen")

    assert [drain("recheck"), drain("screen")] == [0, 0]

    assert history(parcel) == [("clear", "cleared"), ("recheck", "accepted"), ("clear", "cleared")]


def test_recheck_voids_an_open_vote(w: World, drain: Drain) -> None:
    parcel = screened(w, drain, "печенье", "загадочная вещь")
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)
    new_terms(w)

    drain("recheck")

    assert Approval.objects.get(act="review", subject=parcel.pk).decision == "voided"


def test_new_intakes_only_leaves_what_was_taken_in(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)
    new_terms(w, Terms.Touches.NEW_INTAKES)

    assert drain("recheck") == 0

    assert history(parcel) == [("clear", "cleared")]


def test_version_for_new_intakes_does_not_hide_an_earlier_one(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)
    new_terms(w)
    new_terms(w, Terms.Touches.NEW_INTAKES, without="PRINTED")

    assert drain("recheck") == 1

    assert last_details(parcel) == {"rules_version": 3}


def test_open_consignment_is_unpacked_first(w: World, drain: Drain) -> None:
    parcel = packed(w, drain, consignment(w))
    new_terms(w)

    drain("recheck")

    assert history(parcel)[-2:] == [("unpack", "cleared"), ("recheck", "accepted")]
    parcel.refresh_from_db()
    assert parcel.consignment is None


def test_sealed_consignment_is_flagged_once_for_the_dispatcher(w: World, drain: Drain) -> None:
    for touches in (Terms.Touches.NOT_SEALED, Terms.Touches.NOT_DISPATCHED):
        into = consignment(w)
        parcel = packed(w, drain, into)
        seal(into)
        new_terms(w, touches, without="PRINTED")

        assert [drain("recheck"), drain("recheck")] == [1, 0]

        parcel.refresh_from_db()
        assert (parcel.status, parcel.flagged) == ("packed", True)
        version = Terms.objects.get(status="in_force").version
        assert last_details(parcel) == {"move": "flag", "reason": "terms", "rules_version": version}
        Parcel.objects.filter(pk=parcel.pk).update(frozen=True)


def test_frozen_parcel_is_rechecked_when_it_is_released(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)
    new_terms(w)
    Parcel.objects.update(frozen=True)
    assert drain("recheck") == 0
    Parcel.objects.update(frozen=False)

    assert drain("recheck") == 1

    assert history(parcel)[-1] == ("recheck", "accepted")


def test_parcel_taken_out_of_a_sealed_consignment_is_screened_again(w: World, drain: Drain) -> None:
    into = consignment(w)
    parcel = packed(w, drain, into)
    seal(into)
    new_terms(w)
    drain("recheck")
    out = {"reason": "terms", "old_seal": "SEAL-1", "new_seal": "SEAL-2"}
    move(parcel, "unpack", w.act(w.dawit), **out)
    # Before the worker comes, it is packed once more.
    move(parcel, "pack", w.act(w.dawit), consignment=consignment(w).number)

    assert drain("recheck") == 1

    assert history(parcel)[-2:] == [("unpack", "cleared"), ("recheck", "accepted")]
    drain("screen")
    assert history(parcel)[-1] == ("refuse", "refused")


@pytest.mark.parametrize(("touches", "leaves"), [("not_sealed", True), ("not_dispatched", False)])
def test_what_is_sealed_leaves_unless_the_terms_name_all_that_is_not_dispatched(
    w: World, drain: Drain, touches: str, leaves: bool
) -> None:
    into = consignment(w)
    parcel = packed(w, drain, into)
    seal(into)
    new_terms(w, touches)
    step = Step(parcel.number, "dispatch", NOON, details={"seal": "SEAL-1"})

    # With or without the worker having come by.
    if not leaves:
        (refused,) = advance([step], by=w.act(w.dawit), now=NOON)
        assert (refused.problem, refused.detail.partition(":")[0]) == ("not-now", "New terms name it")
    drain("recheck")
    (result,) = advance([step], by=w.act(w.dawit), now=NOON)

    parcel.refresh_from_db()
    assert (result.problem, parcel.status) == ((None, "dispatched") if leaves else ("not-now", "packed"))


def test_closed_round_is_rechecked_too(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)
    Round.objects.update(status="closed")
    new_terms(w)

    assert drain("recheck") == 1

    assert history(parcel)[-1] == ("recheck", "accepted")


def test_terms_for_new_intakes_screen_what_comes_in_and_leave_the_rest(w: World, drain: Drain) -> None:
    before = screened(w, drain)
    new_terms(w, Terms.Touches.NEW_INTAKES)
    after = screened(w, drain)

    drain("recheck")

    assert (history(before), history(after)) == ([("clear", "cleared")], [("refuse", "refused")])
