"""Rounds go on under the successor of their agreement, and what waits in them is screened under its terms."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from exchanges.actions import first_terms
from exchanges.models import Agreement, ContentRule, Round, RoundChange, Terms
from parcels.models import Parcel
from people.models import Organisation
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    consignment,
    handed_over,
    move,
    packed,
    registered,
    seal,
)
from tests.parcels.workers.conftest import history, last_details

Drain = Callable[[str], int]


def end(days_ago: int = 1) -> None:
    """Its last day was so many days ago; its grace is 30 days."""
    Agreement.objects.filter(succeeds=None).update(
        status="terminated", ended_on=timezone.now().date() - timedelta(days=days_ago)
    )


def succeed(w: World, *, signed_by: tuple[Organisation, ...] | None = None, **fields: object) -> Agreement:
    """Make a successor with terms of its own in force: no soap any more, and other deadlines."""
    told: dict[str, object] = {
        "title_en": "Second", "status": "in_force", "valid_from": timezone.now().date(),
        "succeeds": w.terms.agreement,
    }  # fmt: skip
    agreement = Agreement.objects.create(**(told | fields))
    agreement.signatories.set(signed_by or (w.north, w.south))
    terms = first_terms(agreement)
    ContentRule.objects.filter(terms=terms, category="HYGIENE").update(
        verdict="prohibit", reason_code="LOCAL_RULE"
    )
    terms.stays.filter(status="handed_over").update(longest_days=61, usual_high_days=30)
    terms.public_delay_days, terms.status, terms.in_force_at = 14, Terms.Status.IN_FORCE, NOON
    terms.save()
    return agreement


def agreement_of_round() -> Agreement:
    return Round.objects.select_related("agreement").get().agreement


def screened(w: World, drain: Drain) -> Parcel:
    parcel = accepted(w, "печенье", "мыло")
    drain("screen")
    return parcel


def test_round_goes_on_and_what_waits_is_screened_again(w: World, drain: Drain) -> None:
    waiting, unscreened, outside = screened(w, drain), accepted(w, "печенье", "мыло"), registered(w)
    end()
    successor = succeed(w)

    drain("deadlines")
    drain("recheck")
    drain("screen")

    assert agreement_of_round() == successor
    assert Round.objects.get().terms == successor.terms.get()
    assert history(waiting) == [("clear", "cleared"), ("recheck", "accepted"), ("refuse", "refused")]
    assert last_details(waiting) == {"rules_version": 1, "reason": "LOCAL_RULE"}
    assert history(unscreened) == [("refuse", "refused")]
    assert history(outside) == []
    change = RoundChange.objects.get()
    assert (change.step, change.terms_before, change.recorded_by) == ("carried_over", w.terms, None)


def test_going_on_twice_changes_nothing_more(w: World, drain: Drain) -> None:
    parcel = screened(w, drain)
    end()
    succeed(w)
    for _ in range(2):
        for kind in ("deadlines", "recheck", "screen"):
            drain(kind)
    assert len(history(parcel)) == 3
    assert RoundChange.objects.count() == 1


def test_parcels_wait_for_the_successor_and_do_not_go_home(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    end(31)
    succeed(w)

    drain("deadlines")

    assert history(parcel) == [("clear", "cleared")]


def test_they_go_home_once_the_grace_is_over(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    end(30)
    drain("deadlines")
    assert history(parcel) == [("clear", "cleared")]
    end(31)

    drain("deadlines")

    assert history(parcel)[-1] == ("send_back", "returning")


def test_sealed_one_is_for_the_dispatcher(w: World, drain: Drain) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    seal(into)
    end()
    succeed(w)

    for _ in range(2):
        drain("deadlines")
        drain("recheck")

    parcel.refresh_from_db()
    assert (parcel.status, parcel.flagged) == ("packed", True)
    assert [
        row["reason"] for row in parcel.movements.filter(move="observe").values_list("details", flat=True)
    ] == ["terms"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "signed"},
        {"status": "suspended"},
        {"succeeds": None},
        {"valid_from": "2100-01-01"},
        {"valid_from": "2020-01-01", "valid_until": "2020-12-31"},
    ],
)
def test_only_a_successor_in_force_counts(w: World, drain: Drain, fields: dict[str, object]) -> None:
    parcel = cleared(w)
    Agreement.objects.update(status="terminated", ended_on=timezone.now().date())
    succeed(w, **fields)

    drain("deadlines")

    assert (agreement_of_round(), RoundChange.objects.count()) == (w.terms.agreement, 0)
    assert history(parcel) == [("clear", "cleared")]


def test_nobody_is_bound_by_what_others_agreed(w: World, drain: Drain) -> None:
    end()
    succeed(w, signed_by=(w.north,))

    drain("deadlines")

    assert (agreement_of_round(), RoundChange.objects.count()) == (w.terms.agreement, 0)


def test_agreement_in_force_keeps_its_rounds(w: World, drain: Drain) -> None:
    succeed(w)
    for status in ("in_force", "suspended"):
        Agreement.objects.filter(succeeds=None).update(status=status)
        drain("deadlines")
        assert agreement_of_round() == w.terms.agreement


@pytest.mark.parametrize(
    ("status", "goes_on"), [("closed", True), ("handed_over", False), ("cancelled", False)]
)
def test_closed_round_goes_on_for_what_waits_in_it(
    w: World, drain: Drain, status: str, goes_on: bool
) -> None:
    cleared(w)
    for step in {
        "closed": ["closed"],
        "handed_over": ["closed", "handed_over"],
        "cancelled": ["postponed", "cancelled"],
    }[status]:
        Round.objects.update(status=step)
    end()
    successor = succeed(w)

    drain("deadlines")

    assert (agreement_of_round() == successor) is goes_on


def test_closed_round_in_which_nothing_waits_stays(w: World, drain: Drain) -> None:
    handed_over(w)
    Round.objects.update(status="closed")
    end()
    succeed(w)

    drain("deadlines")

    assert agreement_of_round() == w.terms.agreement


def test_what_has_left_finishes_under_the_terms_it_left_with(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    Parcel.objects.filter(pk=parcel.pk).update(status_since=timezone.now() - timedelta(days=60.5))
    end()
    succeed(w)

    drain("deadlines")

    # 60 days at most there, 61 under the successor.
    parcel.refresh_from_db()
    assert (agreement_of_round() != w.terms.agreement, parcel.overdue_since is not None) == (True, True)
    move(parcel, "admit", w.act(w.elena), examined_before="nobody")
    assert parcel.publications.latest("number").public_from == NOON + timedelta(days=7)
    assert parcel.terms == w.terms


def test_expiry_by_itself_is_followed_at_once(w: World, drain: Drain) -> None:
    Agreement.objects.update(valid_until=timezone.now().date() - timedelta(days=2))
    successor = succeed(w)

    drain("deadlines")

    ended = Agreement.objects.get(pk=w.terms.agreement_id)
    assert (ended.status, ended.ended_on) == ("expired", ended.valid_until)
    assert agreement_of_round() == successor
