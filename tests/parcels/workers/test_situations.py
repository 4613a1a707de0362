from collections.abc import Callable
from datetime import date

import pytest

from parcels.lifecycle import END, Status
from parcels.models import Parcel, Publication
from parcels.workers.situations import FLAG, FREEZE, response
from people import actors
from people.actions import Telling
from people.models import SituationEvent
from people.situations import record_for
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    consignment,
    dispatched,
    handed_over,
    move,
    packed,
    registered,
    seal,
)
from tests.parcels.workers.conftest import history, last_details

Drain = Callable[[str], int]
BEFORE_SEALING = (Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED, Status.CLEARED)
ON_THE_WAY = [s for s in Status if s not in (*BEFORE_SEALING, *END, Status.REGISTERED, Status.PACKED)]


def told(
    w: World, parcel: Parcel, situation: str, by: str = "neutral", on: date = date(2026, 11, 20)
) -> SituationEvent:
    return SituationEvent.objects.create(
        person=parcel.recipient, situation=situation, happened_on=on, stated_by=by,
        source=w.harbour, recorded_by=w.farid,
    )  # fmt: skip


def marks(parcel: Parcel) -> tuple[bool, bool]:
    parcel.refresh_from_db()
    return parcel.flagged, parcel.frozen


@pytest.mark.parametrize("gone", ["exchanged", "released"])
def test_gone_addressee_sends_home_what_has_not_left(gone: str) -> None:
    assert response(gone, Status.REGISTERED, sealed=False, frozen=False) == ("cancel",)
    for status in BEFORE_SEALING:
        assert response(gone, status, sealed=False, frozen=False) == ("send_back",)
    assert response(gone, Status.PACKED, sealed=False, frozen=False) == ("unpack", "send_back")
    assert response(gone, Status.PACKED, sealed=True, frozen=False) == FLAG
    assert response(gone, Status.CLEARED, sealed=False, frozen=True) == FLAG
    for status in ON_THE_WAY:
        assert response(gone, status, sealed=True, frozen=False) == FLAG


@pytest.mark.parametrize("moved", ["in_hospital", "transferred"])
def test_moved_addressee_makes_a_person_look(moved: str) -> None:
    for status in Status:
        assert response(moved, status, sealed=False, frozen=False) == FLAG


def test_deceased_addressee_freezes_what_has_not_left_and_what_could_not_be_given() -> None:
    for status in (Status.REGISTERED, *BEFORE_SEALING, Status.PACKED, Status.UNDELIVERABLE):
        assert response("deceased", status, sealed=True, frozen=False) == FREEZE
    for status in ON_THE_WAY:
        if status != Status.UNDELIVERABLE:
            assert response("deceased", status, sealed=True, frozen=False) == FLAG


def test_exchanged_cancels_sends_back_and_flags(w: World, drain: Drain) -> None:
    parcels = [registered(w), accepted(w), packed(w), dispatched(w), handed_over(w)]
    before = [history(parcel) for parcel in parcels]
    events = [told(w, parcel, "exchanged") for parcel in parcels]

    assert drain("follow") == 5

    new = [history(parcel)[len(old) :] for parcel, old in zip(parcels, before, strict=True)]
    assert new == [
        [("cancel", "cancelled")],
        [("send_back", "returning")],
        [("unpack", "cleared"), ("send_back", "returning")],
        [("observe", "dispatched")],
        [("observe", "handed_over")],
    ]
    assert [marks(parcel) for parcel in parcels] == [(False, False)] * 3 + [(True, False)] * 2
    assert last_details(parcels[1]) == {
        "reason": "situation", "situation": "exchanged", "event": events[1].pk,
    }  # fmt: skip


def test_family_reads_nothing_of_it_until_it_is_released(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    public = Publication.objects.filter(parcel=parcel).count()
    told(w, parcel, "exchanged")

    drain("follow")

    parcel.refresh_from_db()
    assert (parcel.status, parcel.held_from) == ("returning", 3)
    assert Publication.objects.filter(parcel=parcel).count() == public


def test_sealed_consignment_goes_to_the_dispatchers_list(w: World, drain: Drain) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    seal(into)
    told(w, parcel, "released")

    drain("follow")

    assert (history(parcel)[-1], marks(parcel)) == (("observe", "packed"), (True, False))


def test_deceased_freezes(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    event = told(w, parcel, "deceased", "two_officers")

    drain("follow")

    assert (parcel.status, marks(parcel)) == ("cleared", (False, True))
    assert last_details(parcel) == {"move": "freeze", "situation": "deceased", "event": event.pk}


def test_word_of_one_side_only_flags(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "exchanged", "one_side")

    drain("follow")

    assert (history(parcel), marks(parcel)) == ([("observe", "accepted")], (True, False))


def test_newer_word_of_one_side_neither_stops_nor_undoes_a_well_founded_one(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "exchanged", "both_sides")
    told(w, parcel, "in_hospital", "one_side")

    drain("follow")

    assert history(parcel) == [("send_back", "returning"), ("observe", "returning")]
    assert marks(parcel) == (True, False)


def test_held_means_nothing_and_takes_back_what_was_not_followed_yet(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "exchanged")
    told(w, parcel, "held")

    assert drain("follow") == 0

    assert (history(parcel), marks(parcel)) == ([], (False, False))


def test_event_is_followed_once(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    told(w, parcel, "deceased")
    drain("follow")
    Parcel.objects.update(frozen=False)  # two officers released it

    assert drain("follow") == 0

    assert (history(parcel)[-1], marks(parcel)) == (("observe", "cleared"), (False, False))


def test_later_event_is_followed_again(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    told(w, parcel, "in_hospital")
    drain("follow")
    told(w, parcel, "released")

    drain("follow")

    assert history(parcel)[-1] == ("send_back", "returning")


def test_ended_parcels_stay_as_they_are(w: World, drain: Drain) -> None:
    parcel = move(registered(w), "cancel", actors.worker(w.north.pk))
    told(w, parcel, "exchanged")

    assert drain("follow") == 0

    assert history(parcel) == [("cancel", "cancelled")]


@pytest.mark.parametrize("quiet", ["captured", "held", "discharged"])
def test_word_that_somebody_is_held_moves_freezes_and_flags_nothing(
    w: World, drain: Drain, quiet: str
) -> None:
    parcels = [registered(w), accepted(w), packed(w), dispatched(w), handed_over(w)]
    before = [history(parcel) for parcel in parcels]
    for parcel in parcels:
        told(w, parcel, quiet)
        told(w, parcel, quiet, "one_side")

    assert drain("follow") == 0

    assert [history(parcel) for parcel in parcels] == before
    assert {marks(parcel) for parcel in parcels} == {(False, False)}


def test_capture_notice_recorded_late_does_not_hide_an_exchange(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "exchanged")
    told(w, parcel, "captured", on=date(2026, 1, 5))

    drain("follow")

    assert history(parcel) == [("send_back", "returning")]


def test_stay_in_hospital_recorded_late_only_makes_a_person_look(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "exchanged")
    told(w, parcel, "in_hospital", on=date(2026, 10, 5))

    drain("follow")

    assert history(parcel) == [("send_back", "returning"), ("observe", "returning")]


def test_exchange_of_an_earlier_captivity_sends_nothing_home(w: World, drain: Drain) -> None:
    parcel = accepted(w)
    told(w, parcel, "captured")
    told(w, parcel, "exchanged", on=date(2025, 1, 5))

    drain("follow")

    assert (history(parcel), marks(parcel)) == ([("observe", "accepted")], (True, False))


def test_death_told_late_of_an_earlier_day_freezes(w: World, drain: Drain) -> None:
    parcel = cleared(w)
    told(w, parcel, "held")
    told(w, parcel, "deceased", on=date(2026, 11, 5))

    drain("follow")

    assert marks(parcel) == (False, True)


def test_five_parcels_of_one_who_was_exchanged_go_each_its_way(w: World, drain: Drain) -> None:
    """Recorded as a finished stage of an exchange records it: for many people in one statement."""
    pavlo = Telling("prisoner", "Pavlo Away", "1990-04-05", "S-1")
    parcels = [
        registered(w, recipient=pavlo), accepted(w, recipient=pavlo), cleared(w, recipient=pavlo),
        move(accepted(w, recipient=pavlo), "hold", actors.worker(w.north.pk), findings=[]),
        move(cleared(w, recipient=pavlo), "send_back", w.act(w.dawit), reason="sender_asked"),
    ]  # fmt: skip
    assert len({parcel.recipient_id for parcel in parcels}) == 1
    before = [len(history(parcel)) for parcel in parcels]
    record_for(
        [parcels[0].recipient_id], "exchanged", date(2026, 11, 20), "both_sides", source_id=w.north.pk,
        document="ACT-3", by=w.act(w.gita), now=NOON,
    )  # fmt: skip

    drain("follow")

    new = [history(parcel)[many:] for parcel, many in zip(parcels, before, strict=True)]
    assert new == [
        [("cancel", "cancelled")], [("send_back", "returning")], [("send_back", "returning")],
        [("send_back", "returning")], [("observe", "returning")],
    ]  # fmt: skip
