"""What waits for a second person: decided by another officer, never by who proposed it."""

from http import HTTPStatus
from typing import Any

import pytest

from exchanges.actions import next_version, propose_terms
from parcels.actions import freeze, propose, vote
from parcels.models import Parcel
from people import actors
from people.models import Approval, Staff
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    dispatched,
    handed_over,
    move,
    registered,
    staff,
    world,
)
from tests.parcels.admin.desk import messages, signed_in, text

PAGE = "/admin/parcels/parcel/waiting/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def lost(w: World) -> Parcel:
    """A parcel being traced; Gita proposes to end that."""
    parcel = move(dispatched(w), "report_missing", w.act(w.dawit))
    details = {"last_holder": "north", "searched": ["lists"]}
    propose(parcel.number, "write_off", by=w.act(w.gita), now=NOON, details=details)
    return parcel


def decide(member: Staff, decision: str, reason: str = "") -> Any:
    url = f"{PAGE}{Approval.objects.get().pk}/"
    return signed_in(member).post(url, {"decision": decision, "reason": reason}, follow=True)


def status(parcel: Parcel) -> str:
    return Parcel.objects.values_list("status", flat=True).get(pk=parcel.pk)


def test_confirming_carries_it_out(w: World, lost: Parcel) -> None:
    assert messages(decide(w.ivo, "confirm")) == ["Confirmed and done: end tracing of parcel."]
    assert status(lost) == "lost"


def test_rejecting_needs_a_reason_and_moves_nothing(w: World, lost: Parcel) -> None:
    assert messages(decide(w.ivo, "reject")) == ["Say why it is rejected."]
    assert Approval.objects.get().decision is None
    assert messages(decide(w.ivo, "reject", "not_enough")) == ["Rejected: end tracing of parcel."]
    assert (Approval.objects.get().reason, status(lost)) == ("not_enough", "missing")


def test_who_proposed_it_cannot_decide_it(w: World, lost: Parcel) -> None:
    shown = signed_in(w.gita).get(PAGE)
    assert [act.mine for act in shown.context["acts"]] == [True]
    assert "Confirm, and do it" not in text(shown)
    assert messages(decide(w.gita, "confirm")) == [
        "Who proposed it, or is given it, cannot decide it, nor can other roles than officers."
    ]
    assert (Approval.objects.get().decision, status(lost)) == (None, "missing")


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_other_roles_neither_see_nor_decide(w: World, lost: Parcel, who: str) -> None:
    member = getattr(w, who)
    assert signed_in(member).get(PAGE).status_code == HTTPStatus.FORBIDDEN
    assert decide(member, "confirm").status_code == HTTPStatus.FORBIDDEN
    assert status(lost) == "missing"


def test_auditor_sees_and_does_not_decide(w: World, lost: Parcel) -> None:
    auditor = staff("omar", "auditor", w.north)
    assert "Confirm, and do it" not in text(signed_in(auditor).get(PAGE))
    assert decide(auditor, "confirm").status_code == HTTPStatus.FORBIDDEN


def test_act_of_another_organisation_does_not_exist(w: World, lost: Parcel) -> None:
    assert signed_in(w.farid).get(PAGE).context["acts"] == []
    assert decide(w.farid, "confirm").status_code == HTTPStatus.NOT_FOUND
    assert status(lost) == "missing"


def test_correction_may_be_confirmed_by_the_other_organisation(w: World) -> None:
    parcel = handed_over(w)
    last = parcel.last_number
    hana = staff("hana", "coordinator", w.south)
    details = {"corrects": last, "reason": "wrong_parcel"}
    propose(parcel.number, "correct", by=w.act(w.gita), now=NOON, details=details)
    (act,) = signed_in(hana).get(PAGE).context["acts"]
    assert act.by == "an officer"
    assert messages(decide(hana, "confirm")) == ["Confirmed and done: correct parcel."]
    assert status(parcel) == "with_intermediary"


def test_frozen_parcel_is_released_by_two(w: World) -> None:
    parcel = cleared(w)
    freeze(parcel.number, by=w.act(w.ivo), now=NOON)
    propose(parcel.number, "unfreeze", by=w.act(w.ivo), now=NOON, details={})
    decide(w.gita, "confirm")
    parcel.refresh_from_db()
    assert not parcel.frozen


def test_what_can_no_longer_be_carried_out_is_said_and_stays_open(w: World, lost: Parcel) -> None:
    move(lost, "find", w.act(w.gita), where="returning", seal="none")
    assert messages(decide(w.ivo, "confirm")) == [
        "Nothing was done. Not possible from the status it is in now."
    ]
    assert (Approval.objects.get().decision, status(lost)) == (None, "returning")


def test_reviews_are_not_listed(w: World) -> None:
    parcel = move(accepted(w), "hold", actors.worker(w.north.pk), findings=["X"])
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)
    assert signed_in(w.ivo).get(PAGE).context["acts"] == []


def test_terms_wait_for_an_officer_of_any_signatory(w: World) -> None:
    draft = next_version(w.terms)
    propose_terms(draft, by=w.act(w.gita), now=NOON)
    hana = staff("hana", "liaison", w.south)
    assert [act.what for act in signed_in(hana).get(PAGE).context["acts"]] == ["put terms in force"]
    assert signed_in(w.farid).get(PAGE).context["acts"] == []
    decide(hana, "confirm")
    draft.refresh_from_db()
    assert draft.status == "in_force"


def test_print_of_slips_is_proposed_by_one_and_confirmed_by_another(w: World) -> None:
    registered(w)
    asked = signed_in(w.gita).post(f"{PAGE}print/", {"round": w.round.reference}, follow=True)
    assert messages(asked) == ["Proposed. Another officer confirms it."]

    mine = decide(w.gita, "confirm")
    assert Approval.objects.get().decision is None
    assert "december" in text(mine)

    done = decide(w.ivo, "confirm")
    approval = Approval.objects.get()
    assert (approval.act, approval.decision) == ("print_slips", "confirmed")
    assert messages(done) == [
        "Confirmed: print the families' slips of round. "
        f"Print them with receipts print … --approval {approval.pk}"
    ]


@pytest.mark.parametrize("member", ["amina", "elena", "farid"])
def test_print_of_slips_is_not_proposed_by_others(w: World, member: str) -> None:
    reply = signed_in(getattr(w, member)).post(f"{PAGE}print/", {"round": w.round.reference})

    assert reply.status_code in (403, 404)
    assert Approval.objects.count() == 0
