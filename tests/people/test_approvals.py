from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from people import approvals
from people.actors import Actor, of_client
from people.approvals import NotApproved, NotOpen, NotYours
from people.models import Approval, AuditEntry
from tests.factories import NOON, World, client, staff, world

pytestmark = pytest.mark.django_db
DONE: list[int] = []


@approvals.carries_out("test_act")
def _done(approval: Approval, by: Actor, now: datetime) -> None:
    DONE.append(approval.pk)


@pytest.fixture
def w() -> Iterator[World]:
    DONE.clear()
    yield world()
    DONE.clear()


def propose(w: World) -> Approval:
    return approvals.propose("thing", 7, "test_act", by=w.act(w.gita), details={}, now=NOON)


def test_act_happens_when_the_second_confirms(w: World) -> None:
    proposal = propose(w)
    assert DONE == []

    decided = approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    assert [proposal.pk] == DONE
    assert (decided.decision, decided.decided_by, decided.decided_at) == ("confirmed", w.ivo, NOON)


def test_one_cannot_be_both(w: World) -> None:
    proposal = propose(w)

    for decide in (approvals.confirm, lambda pk, **who: approvals.reject(pk, reason="x", **who)):
        with pytest.raises(NotYours):
            decide(proposal.pk, by=w.act(w.gita), now=NOON)

    assert (DONE, Approval.objects.get().decision) == ([], None)


def test_neither_role_nor_organisation_nor_system_can_be_missing(w: World) -> None:
    proposal = propose(w)
    foreign = w.act(staff("hana", "liaison", w.south))
    machine = client(w.north, "liaison")

    for by in (w.act(w.bruno), foreign, of_client(machine)):
        with pytest.raises(NotYours):
            approvals.confirm(proposal.pk, by=by, now=NOON)

    assert (DONE, Approval.objects.get().decision) == ([], None)


def test_one_proposal_at_a_time(w: World) -> None:
    propose(w)

    with pytest.raises(NotOpen):
        approvals.propose("thing", 7, "test_act", by=w.act(w.ivo), details={}, now=NOON)

    assert Approval.objects.count() == 1


def test_what_was_decided_stays_decided(w: World) -> None:
    proposal = propose(w)
    approvals.reject(proposal.pk, by=w.act(w.ivo), reason="not_now", now=NOON)

    with pytest.raises(NotOpen):
        approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    assert (DONE, Approval.objects.get().decision) == ([], "rejected")


def test_approval_is_used_up_once_and_for_what_it_was_given(w: World) -> None:
    given = approvals.confirm(propose(w).pk, by=w.act(w.ivo), now=NOON).pk
    rest: dict[str, Any] = {"office_id": w.north.pk, "staff_id": w.gita.pk, "now": NOON}

    for wrong in (None, 0, given + 1):
        with pytest.raises(NotApproved):
            approvals.use_up(wrong, "thing", 7, "test_act", **rest)
    with pytest.raises(NotApproved):
        approvals.use_up(given, "thing", 8, "test_act", **rest)
    with pytest.raises(NotApproved):
        approvals.use_up(given, "thing", 7, "test_act", **rest | {"office_id": w.south.pk})
    assert list(approvals.unused("thing", 7, "test_act", office_id=w.north.pk).values_list("pk")) == [
        (given,)
    ]

    approvals.use_up(given, "thing", 7, "test_act", **rest)

    assert not approvals.unused("thing", 7, "test_act", office_id=w.north.pk).exists()
    with pytest.raises(NotApproved):
        approvals.use_up(given, "thing", 7, "test_act", **rest)
    assert AuditEntry.objects.filter(act="used_up", subject=given).count() == 1


def test_proposal_that_waits_allows_nothing(w: World) -> None:
    proposal = propose(w)

    with pytest.raises(NotApproved):
        approvals.use_up(
            proposal.pk, "thing", 7, "test_act", office_id=w.north.pk, staff_id=w.gita.pk, now=NOON
        )
    assert not AuditEntry.objects.filter(act="used_up").exists()
