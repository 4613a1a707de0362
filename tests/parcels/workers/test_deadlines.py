from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from exchanges.models import Agreement
from parcels.models import Parcel
from people import actors
from people.models import Organisation
from tests.factories import World, accepted, cleared, consignment, handed_over, move, packed, registered, seal
from tests.parcels.workers.conftest import age, history, last_details

Drain = Callable[[str], int]


def since(parcel: Parcel, days: float) -> Parcel:
    """It has been where it is for so many days."""
    Parcel.objects.filter(pk=parcel.pk).update(status_since=timezone.now() - timedelta(days=days))
    return parcel


def overdue(parcel: Parcel) -> bool:
    parcel.refresh_from_db()
    return parcel.overdue_since is not None


def end_agreement(days_ago: int) -> None:
    """Its last day was so many days ago. Its grace is 30 days."""
    last_day = timezone.now().date() - timedelta(days=days_ago)
    Agreement.objects.update(valid_until=last_day)
    Agreement.objects.filter(ended_on__isnull=False).update(ended_on=last_day)


def test_stay_that_is_too_long_is_overdue_since_its_longest_day(w: World, drain: Drain) -> None:
    within, over = since(handed_over(w), 59.9), since(handed_over(w), 60.1)  # its longest stay is 60 days

    assert drain("deadlines") == 1

    assert (overdue(within), overdue(over)) == (False, True)
    assert over.overdue_since == over.status_since + timedelta(days=60)
    assert over.status == "handed_over"


def test_overdue_ends_with_the_next_move(w: World, drain: Drain) -> None:
    parcel = since(handed_over(w), 61)
    drain("deadlines")

    move(parcel, "admit", w.act(w.elena), examined_before="nobody")

    assert not overdue(parcel)


def test_ended_parcels_are_never_overdue(w: World, drain: Drain) -> None:
    parcel = since(move(registered(w), "cancel", actors.worker(w.north.pk)), 1000)

    assert drain("deadlines") == 0

    assert not overdue(parcel)


def test_refused_parcel_goes_home_after_the_term(w: World, drain: Drain) -> None:
    early, late = (move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP") for _ in range(2))
    since(early, 29)
    since(late, 31)

    drain("deadlines")

    assert history(early) == [("refuse", "refused")]
    assert history(late) == [("refuse", "refused"), ("send_back", "returning")]
    assert last_details(late) == {"reason": "term"}


def test_deadlines_twice_change_nothing_more(w: World, drain: Drain) -> None:
    since(move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP"), 31)
    since(handed_over(w), 61)

    # The refused one was overdue too, until it went.
    assert [drain("deadlines"), drain("deadlines")] == [3, 0]


def test_frozen_parcel_does_not_go_home(w: World, drain: Drain) -> None:
    parcel = since(move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP"), 31)
    Parcel.objects.update(frozen=True)

    drain("deadlines")

    assert history(parcel) == [("refuse", "refused")]


def test_agreement_expires_after_its_last_day_wherever_a_signatory_is(w: World, drain: Drain) -> None:
    today = timezone.now().date()
    for last_day, status in ((today, "in_force"), (today - timedelta(days=2), "expired")):
        Agreement.objects.update(valid_until=last_day)
        drain("deadlines")
        assert Agreement.objects.get().status == status


def test_last_day_counts_where_the_signatory_is(w: World, drain: Drain) -> None:
    Organisation.objects.filter(pk=w.north.pk).update(time_zone="Etc/GMT+12")
    Agreement.objects.update(valid_until=(timezone.now() - timedelta(hours=12)).date())

    drain("deadlines")

    assert Agreement.objects.get().status == "in_force"


def test_agreement_without_an_end_does_not_expire(w: World, drain: Drain) -> None:
    assert drain("deadlines") == 0

    assert Agreement.objects.get().status == "in_force"


def test_what_is_not_sealed_waits_for_the_grace_and_then_goes_home(w: World, drain: Drain) -> None:
    into = consignment(w)
    here = [accepted(w), cleared(w), packed(w)]
    sealed, gone, outside = packed(w, into), handed_over(w), registered(w)
    seal(into)
    before = [history(p) for p in here]
    end_agreement(30)
    drain("deadlines")
    assert Agreement.objects.get().status == "expired"
    assert [history(p) for p in here] == before
    end_agreement(32)

    drain("deadlines")

    assert [history(p)[len(old) :] for p, old in zip(here, before, strict=True)] == [
        [("send_back", "returning")],
        [("send_back", "returning")],
        [("unpack", "cleared"), ("send_back", "returning")],
    ]
    assert {str(last_details(p)["reason"]) for p in here} == {"agreement_ended"}
    sealed.refresh_from_db()
    assert (sealed.status, sealed.flagged) == ("packed", True)
    assert last_details(sealed) == {"move": "flag", "reason": "agreement_ended"}
    assert (history(gone)[-1], history(outside)) == (("hand_over", "handed_over"), [])
    assert drain("deadlines") == 0


def test_suspended_agreement_sends_nothing_home(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    Agreement.objects.update(status="suspended", valid_until=date(2030, 1, 1))
    age("parcels_parcel", "status_since", "1 hour")

    drain("deadlines")

    assert history(parcel) == []


def test_terminated_agreement_without_a_last_day_has_its_grace_too(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    today = timezone.now().date()
    for days_ago, gone in ((30, False), (31, True)):
        Agreement.objects.update(status="terminated", ended_on=today - timedelta(days=days_ago))
        drain("deadlines")
        assert (history(parcel) == [("send_back", "returning")]) is gone
