from collections.abc import Callable
from datetime import timedelta

from parcels.actions import Step, advance
from parcels.models import Parcel
from people.models import Staff
from tests.factories import NOON, World, accepted, consignment, dispatched, handed_over, move, packed, seal
from tests.parcels.workers.conftest import history, last_details

Drain = Callable[[str], int]
HOUR = timedelta(hours=1)
RECEIVED = {"evidence": "holding_list", "complete": "yes"}


def tell(w: World, parcel: Parcel, who: Staff, move: str, hours: float, **details: object) -> str:
    """State a fact that happened so many hours after NOON; return what became of it."""
    at = NOON + hours * HOUR
    step = Step(parcel.number, move, at, f"told-{parcel.pk}-{move}-{hours}", details)
    (result,) = advance([step], by=w.act(who), now=NOON + 24 * HOUR)
    return result.result


def test_early_fact_moves_when_it_has_become_legal_and_is_cited(w: World, drain: Drain) -> None:
    parcel = dispatched(w)
    assert tell(w, parcel, w.elena, "admit", 2, examined_before="addressee") == "observed"
    observed = parcel.movements.get(move="observe")
    assert drain("follow") == 0
    assert tell(w, parcel, w.elena, "hand_over", 1, act="A-1") == "moved"

    assert drain("follow") == 1

    admit = parcel.movements.get(move="admit")
    assert (admit.happened_at, admit.organisation, admit.actor) == (NOON + 2 * HOUR, w.south, "worker")
    assert (admit.staff, admit.external_id) == (None, None)
    assert admit.details == {"examined_before": "addressee", "cites": observed.number}
    assert history(parcel)[-1] == ("admit", "admitted")


def test_facts_follow_in_the_order_in_which_they_happened(w: World, drain: Drain) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    for fact, hours, details in (
        ("receive", 3, RECEIVED),
        ("admit", 2, {"examined_before": "nobody"}),
        ("hand_over", 1, {"act": "A-1"}),
    ):
        assert tell(w, parcel, w.elena, fact, hours, **details) == "observed"
    seal(into)
    move(parcel, "dispatch", w.act(w.dawit), seal="SEAL-1")

    assert drain("follow") == 3

    assert [step for step, _ in history(parcel)[-3:]] == ["hand_over", "admit", "receive"]


def test_nothing_follows_against_what_happened_later(w: World, drain: Drain) -> None:
    parcel = dispatched(w)
    assert tell(w, parcel, w.farid, "receive", 1, **RECEIVED) == "observed"
    assert tell(w, parcel, w.elena, "hand_over", 2, act="A-1") == "moved"

    assert drain("follow") == 0

    parcel.refresh_from_db()
    assert parcel.status == "handed_over"


def test_of_one_fact_the_newest_word_counts(w: World, drain: Drain) -> None:
    parcel = dispatched(w)
    tell(w, parcel, w.elena, "admit", 2, examined_before="nobody")
    tell(w, parcel, w.elena, "admit", 3, examined_before="addressee")
    tell(w, parcel, w.elena, "hand_over", 1, act="A-1")

    assert [drain("follow"), drain("follow")] == [1, 0]

    assert last_details(parcel)["examined_before"] == "addressee"


def test_fact_goes_with_the_right_of_who_observed_it(w: World, drain: Drain) -> None:
    parcel = packed(w)
    assert parcel.consignment is not None
    tell(w, parcel, w.farid, "entrust", 1)
    seal(parcel.consignment)
    move(parcel, "dispatch", w.act(w.dawit), seal="SEAL-1")

    drain("follow")

    entrust = parcel.movements.get(move="entrust")
    assert (entrust.organisation, entrust.actor) == (w.harbour, "worker")


def test_legal_fact_that_is_refused_is_flagged_and_not_tried_again(w: World, drain: Drain) -> None:
    parcel = dispatched(w)
    word = {"evidence": "own_reply", "complete": "yes"}
    assert tell(w, parcel, w.farid, "confirm", 5, **word) == "observed"
    observed = parcel.movements.get(move="observe")
    tell(w, parcel, w.elena, "hand_over", 1, act="A-1")
    tell(w, parcel, w.farid, "receive", 2, **RECEIVED)

    assert [drain("follow"), drain("follow")] == [1, 0]

    parcel.refresh_from_db()
    assert (parcel.status, parcel.flagged) == ("received", True)
    assert last_details(parcel) == {"move": "flag", "reason": "not-permitted", "cites": observed.number}


def test_frozen_stops_no_fact(w: World, drain: Drain) -> None:
    parcel = dispatched(w)
    tell(w, parcel, w.elena, "admit", 2, examined_before="nobody")
    tell(w, parcel, w.elena, "hand_over", 1, act="A-1")
    Parcel.objects.update(frozen=True)

    drain("follow")

    assert history(parcel)[-1] == ("admit", "admitted")


def test_find_follows_only_to_where_it_was_found(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    found = {"where": "handed_over", "seal": "SEAL-1"}
    assert tell(w, parcel, w.farid, "find", 2, **found) == "observed"
    assert drain("follow") == 0
    tell(w, parcel, w.elena, "report_missing", 1)

    drain("follow")

    assert history(parcel)[-2:] == [("report_missing", "missing"), ("find", "handed_over")]


def test_observation_that_is_no_fact_moves_nothing(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    Parcel.objects.update(frozen=True)

    assert drain("follow") == 0

    assert history(parcel) == []
