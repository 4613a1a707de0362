from datetime import timedelta

import pytest

from parcels.actions import Refused, freeze, propose, release_news
from parcels.models import Parcel, Publication
from parcels.workers.situations import follow
from people import approvals, situations, withholding
from people.approvals import NotOpen, NotYours
from people.models import Approval
from tests.factories import NOON, World, accepted, handed_over, move, staff, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def failed(w: World) -> Parcel:
    return move(handed_over(w), "fail", w.act(w.elena), reason="not_there")


def test_liaison_releases_hard_news_and_what_waited(w: World) -> None:
    parcel = move(failed(w), "redirect", w.act(w.elena))

    assert release_news(parcel.number, by=w.act(w.gita), now=NOON) == 2

    parcel.refresh_from_db()
    released = Publication.objects.filter(parcel=parcel, released_by=w.gita).order_by("number")
    assert list(released.values_list("public_from", flat=True)) == [NOON, NOON + timedelta(days=7)]
    assert parcel.held_from is None


def test_only_a_liaison_of_the_sending_office_releases(w: World) -> None:
    parcel = failed(w)
    enzo, farid = w.act(staff("enzo", "liaison", w.south)), w.act(w.farid)

    for by in (w.act(w.dawit), enzo, farid):
        with pytest.raises(Refused) as refused:
            release_news(parcel.number, by=by, now=NOON)
        assert refused.value.problem == "not-permitted"

    assert not Publication.objects.filter(released_by__isnull=False).exists()


def test_dispose_is_done_by_a_second_officer(w: World) -> None:
    parcel = failed(w)
    details = {"method": "given", "reason": "perishable"}
    proposal = propose(parcel.number, "dispose", by=w.act(w.gita), now=NOON, details=details)

    with pytest.raises(NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)
    parcel.refresh_from_db()
    assert parcel.status == "undeliverable"

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    parcel.refresh_from_db()
    assert parcel.status == "disposed"


def test_confirming_twice_is_refused(w: World) -> None:
    parcel = failed(w)
    details = {"method": "given", "reason": "perishable"}
    proposal = propose(parcel.number, "dispose", by=w.act(w.gita), now=NOON, details=details)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    with pytest.raises(NotOpen):
        approvals.confirm(proposal.pk, by=w.act(staff("jan", "liaison", w.north)), now=NOON)

    assert parcel.movements.filter(move="dispose").count() == 1


def test_rejected_proposal_changes_nothing(w: World) -> None:
    parcel = failed(w)
    details = {"method": "given", "reason": "perishable"}
    proposal = propose(parcel.number, "dispose", by=w.act(w.gita), now=NOON, details=details)

    approvals.reject(proposal.pk, by=w.act(w.ivo), reason="wait", now=NOON)

    parcel.refresh_from_db()
    assert parcel.status == "undeliverable"


def test_correct_undoes_the_last_movement_that_counts(w: World) -> None:
    parcel = accepted(w)
    details = {"corrects": 2, "reason": "wrong_parcel"}
    proposal = propose(parcel.number, "correct", by=w.act(w.gita), now=NOON, details=details)

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    parcel.refresh_from_db()
    movement = parcel.movements.get(number=3)
    assert (parcel.status, movement.move, movement.corrects) == ("registered", "correct", 2)


def test_correct_of_another_organisations_word_needs_one_of_them(w: World) -> None:
    parcel = failed(w)
    number = parcel.last_number
    details = {"corrects": number, "reason": "wrong_parcel"}
    ours = propose(parcel.number, "correct", by=w.act(w.gita), now=NOON, details=details)
    with pytest.raises(Refused):
        approvals.confirm(ours.pk, by=w.act(w.ivo), now=NOON)
    parcel.refresh_from_db()
    assert parcel.last_number == number

    theirs = w.act(staff("hana", "liaison", w.south))
    approvals.confirm(ours.pk, by=theirs, now=NOON)

    parcel.refresh_from_db()
    assert parcel.status == "handed_over"


def test_frozen_parcel_is_released_by_two(w: World) -> None:
    parcel = accepted(w)
    freeze(parcel.number, by=w.act(w.gita), now=NOON)
    parcel.refresh_from_db()
    assert parcel.frozen

    proposal = propose(parcel.number, "unfreeze", by=w.act(w.gita), now=NOON, details={})
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    parcel.refresh_from_db()
    assert not parcel.frozen
    assert list(parcel.movements.order_by("number").values_list("move", flat=True))[2:] == ["observe"] * 2


def test_reissue_kills_the_old_code(w: World) -> None:
    parcel = accepted(w)
    before = bytes(parcel.code_hash or b"")
    proposal = propose(parcel.number, "reissue", by=w.act(w.gita), now=NOON, details={})

    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    parcel.refresh_from_db()
    assert bytes(parcel.code_hash or b"") != before


def test_proposal_that_cannot_happen_is_refused_at_once(w: World) -> None:
    with pytest.raises(Refused) as refused:
        propose(
            accepted(w).number,
            "write_off",
            by=w.act(w.gita),
            now=NOON,
            details={"last_holder": "x", "searched": "y"},
        )

    assert refused.value.problem == "illegal-move"


def test_details_that_cannot_be_kept_are_not_proposed(w: World) -> None:
    details = {"corrects": 2, "reason": "a\x00b"}

    with pytest.raises(Refused) as refused:
        propose(accepted(w).number, "correct", by=w.act(w.gita), now=NOON, details=details)

    assert (refused.value.problem, Approval.objects.count()) == ("validation", 0)


def test_news_that_is_kept_from_the_family_is_not_released_until_two_let_it_go(w: World) -> None:
    parcel = accepted(w)
    (event,) = situations.record_for(
        [parcel.recipient_id], "exchanged", NOON.date(), "both_sides", source_id=w.north.pk, document="A",
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    follow([parcel.pk], NOON)
    review_on = NOON.date() + timedelta(days=30)
    kept = withholding.keep_back(event, "harm_to_person", review_on, by=w.act(w.gita), now=NOON)

    with pytest.raises(Refused) as refused:
        release_news(parcel.number, by=w.act(w.gita), now=NOON)

    parcel.refresh_from_db()
    assert (refused.value.problem, parcel.held_from is None) == ("not-now", False)
    assert not Publication.objects.filter(released_by__isnull=False).exists()

    proposal = withholding.propose_to_let_go(kept, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    assert release_news(parcel.number, by=w.act(w.gita), now=NOON) == 1
