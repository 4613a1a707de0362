"""Rounds that wait, go on, and are cancelled; why and with which dates is kept."""

from datetime import date

import pytest

from exchanges.actions import (
    NotPossible,
    cancel_round,
    change_agreement,
    make_round,
    postpone_round,
    resume_round,
)
from exchanges.models import Round, RoundChange
from people import approvals
from tests.factories import NOON, World, world

JANUARY, LAST_OF_JANUARY = date(2027, 1, 10), date(2027, 1, 31)


@pytest.fixture
def w(db: None) -> World:
    return world()


def planned(w: World, status: str) -> Round:
    return make_round(
        reference="spring", agreement=w.terms.agreement, terms=w.terms, sending=w.north, holding=w.south,
        status=status, target=1, opens_on=date(2026, 12, 1), closes_on=date(2026, 12, 20),
        collection_point="x",
    )  # fmt: skip


def postpone(w: World, round_: Round, until: date = JANUARY, closes_on: date = LAST_OF_JANUARY) -> Round:
    by = w.act(w.ivo)
    return postpone_round(round_, "transport", until=until, closes_on=closes_on, by=by, now=NOON)


def dates(round_: Round) -> tuple[object, ...]:
    round_ = Round.objects.get(pk=round_.pk)
    return round_.status, round_.opens_on, round_.closes_on, round_.postponed_until


def test_round_that_collects_keeps_the_day_it_opened(w: World) -> None:
    postpone(w, w.round)
    assert dates(w.round) == ("postponed", date(2026, 11, 1), LAST_OF_JANUARY, JANUARY)


def test_round_that_has_not_begun_opens_later(w: World) -> None:
    round_ = planned(w, "agreed")
    postpone(w, round_)
    assert dates(round_) == ("postponed", JANUARY, LAST_OF_JANUARY, JANUARY)


@pytest.mark.parametrize("status", ["agreed", "lists_exchanged", "collecting"])
def test_round_goes_on_from_where_it_was(w: World, status: str) -> None:
    round_ = planned(w, status)
    postpone(w, round_)
    postpone(w, round_, until=date(2027, 1, 15))
    resume_round(round_, on=date(2027, 1, 12), closes_on=LAST_OF_JANUARY, by=w.act(w.gita), now=NOON)
    opens_on = date(2026, 12, 1) if status == "collecting" else date(2027, 1, 12)
    assert dates(round_) == (status, opens_on, LAST_OF_JANUARY, None)


def test_history_keeps_why_and_the_dates_before_and_after(w: World) -> None:
    round_ = planned(w, "lists_exchanged")
    postpone(w, round_)
    resume_round(round_, on=JANUARY, closes_on=LAST_OF_JANUARY, by=w.act(w.gita), now=NOON)
    rows = RoundChange.objects.order_by("pk").values_list(
        "step", "reason", "status_before", "opens_on_before", "closes_on_before", "opens_on", "resumes_on",
        "recorded_by",
    )  # fmt: skip
    assert list(rows) == [
        (
            "postponed", "transport", "lists_exchanged", date(2026, 12, 1), date(2026, 12, 20), JANUARY,
            JANUARY, w.ivo.pk,
        ),
        ("resumed", "", "postponed", JANUARY, LAST_OF_JANUARY, JANUARY, None, w.gita.pk),
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["proposed", "closed", "handed_over", "reported", "cancelled"])
def test_others_are_not_postponed(w: World, status: str) -> None:
    round_ = planned(w, status)
    with pytest.raises(NotPossible):
        postpone(w, round_)
    assert (dates(round_)[0], RoundChange.objects.count()) == (status, 0)


def test_days_are_in_order(w: World) -> None:
    with pytest.raises(NotPossible):
        postpone(w, w.round, closes_on=date(2027, 1, 9))
    postpone(w, w.round)
    with pytest.raises(NotPossible):
        resume_round(w.round, on=date(2026, 10, 1), closes_on=date(2026, 10, 2), by=w.act(w.ivo), now=NOON)
    assert dates(w.round) == ("postponed", date(2026, 11, 1), LAST_OF_JANUARY, JANUARY)


def test_round_does_not_collect_again_while_its_agreement_rests(w: World) -> None:
    postpone(w, w.round)
    change_agreement(w.terms.agreement, "suspended", by=w.act(w.ivo), now=NOON)
    with pytest.raises(NotPossible):
        resume_round(w.round, on=JANUARY, closes_on=LAST_OF_JANUARY, by=w.act(w.ivo), now=NOON)
    assert dates(w.round)[0] == "postponed"


def test_only_what_waits_resumes(w: World) -> None:
    with pytest.raises(NotPossible):
        resume_round(w.round, on=JANUARY, closes_on=LAST_OF_JANUARY, by=w.act(w.ivo), now=NOON)
    assert RoundChange.objects.count() == 0


def test_round_that_waits_is_cancelled_with_its_reason(w: World) -> None:
    postpone(w, w.round)
    cancel_round(w.round, "by_agreement", by=w.act(w.ivo), now=NOON)
    assert dates(w.round)[0] == "cancelled"
    assert RoundChange.objects.latest("pk").reason == "by_agreement"


def test_round_that_collects_is_not_cancelled(w: World) -> None:
    with pytest.raises(NotPossible):
        cancel_round(w.round, "safety", by=w.act(w.ivo), now=NOON)
    assert (dates(w.round)[0], RoundChange.objects.count()) == ("collecting", 0)


@pytest.mark.parametrize("who", ["amina", "dawit", "elena"])
def test_it_is_for_officers(w: World, who: str) -> None:
    by = w.act(getattr(w, who))
    with pytest.raises(approvals.NotYours):
        postpone_round(w.round, "safety", until=JANUARY, closes_on=LAST_OF_JANUARY, by=by, now=NOON)
    assert (dates(w.round)[0], RoundChange.objects.count()) == ("collecting", 0)
