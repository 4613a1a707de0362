"""Roles that exclude each other: who manages users, and who screens; refused by the database itself too."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from parcels.actions import propose, vote
from parcels.workers import drain
from people import approvals
from people.models import Approval, Grant, Role, Staff
from tests.databases import Database
from tests.factories import LONG_AGO, NOON, World, accepted, organisation, staff, world
from tests.people.signin.people import at_once

OTHERS = sorted(set(Role.values) - {Role.MANAGER})


@pytest.fixture
def w(db: None) -> World:
    return world()


def give(member: Staff, role: str, **fields: object) -> None:
    """:raises IntegrityError: if the database refuses it"""
    plain = {"organisation": member.grants.first().organisation, "from_at": LONG_AGO}  # type: ignore[union-attr]
    with transaction.atomic():
        Grant.objects.create(staff=member, role=role, **plain | fields)


@pytest.mark.parametrize("role", OTHERS)
def test_manager_holds_no_other_role_in_any_office(w: World, role: str) -> None:
    nadia = staff("nadia", "manager", w.north)
    for office in (w.north, w.south):
        with pytest.raises(IntegrityError, match="who manages users"):
            give(nadia, role, organisation=office)
    other = staff("other", role, w.north)
    with pytest.raises(IntegrityError, match="who manages users"):
        give(other, "manager")
    assert [each.grants.count() for each in (nadia, other)] == [1, 1]


def test_other_roles_go_together_and_two_offices_may_have_one_manager(w: World) -> None:
    nadia = staff("nadia", "manager", w.north)
    give(nadia, "manager", organisation=w.south)
    give(w.amina, "screener")
    assert (nadia.grants.count(), w.amina.grants.count()) == (2, 2)


def test_ended_right_excludes_nothing_and_is_not_lengthened_again(w: World) -> None:
    grant = w.amina.grants.get()
    grant.until_at = NOON
    grant.save()
    give(w.amina, "manager", from_at=NOON)
    grant.until_at = None
    with pytest.raises(IntegrityError, match="who manages users"), transaction.atomic():
        grant.save()
    assert w.amina.grants.get(role="registrar").until_at == NOON


def test_right_that_is_in_the_way_can_be_ended(w: World) -> None:
    nadia = staff("nadia", "manager", w.north)
    nadia.grants.update(until_at=timezone.now())
    assert not nadia.grants.current().exists()


def test_of_two_rights_given_at_once_one_is_given(committed_db: Database) -> None:
    office = organisation("north")
    members = [Staff.objects.create_user(f"member{number}") for number in range(10)]

    def one(number: int) -> bool:
        try:
            Grant.objects.create(
                staff=members[number // 2], role=("manager", "registrar")[number % 2], organisation=office
            )
        except IntegrityError:
            return False
        return True

    assert Counter(at_once(20, one)) == {True: 10, False: 10}
    assert {each.grants.count() for each in members} == {1}


@pytest.fixture
def screened(w: World) -> tuple[World, Approval]:
    """A parcel in review of which Bruno, who is a coordinator too, gave the first decision."""
    give(w.bruno, "coordinator")
    parcel = accepted(w, "something nobody knows")
    drain("screen")
    assert vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON) == "waiting"
    return w, Approval.objects.get()


def test_who_screened_proposes_and_confirms_nothing_of_the_same_parcel(
    screened: tuple[World, Approval],
) -> None:
    w, review = screened
    details = {"method": "destroyed", "reason": "spoiled"}
    subject = ("parcel", review.subject, "dispose")
    with pytest.raises(approvals.NotYours):
        approvals.propose(*subject, by=w.act(w.bruno), details=details, now=NOON)
    open_ = approvals.propose(*subject, by=w.act(w.gita), details=details, now=NOON)
    for decide in (
        lambda: approvals.confirm(open_.pk, by=w.act(w.bruno), now=NOON),
        lambda: approvals.reject(open_.pk, by=w.act(w.bruno), reason="x", now=NOON),
    ):
        with pytest.raises(approvals.NotYours):
            decide()
    open_.refresh_from_db()
    assert open_.decision is None


def test_database_refuses_who_screened_too(screened: tuple[World, Approval]) -> None:
    w, review = screened
    plain = {"subject_kind": "parcel", "subject": review.subject, "act": "dispose", "organisation": w.north}
    with pytest.raises(IntegrityError, match="who screens"), transaction.atomic():
        Approval.objects.create(**plain, proposed_by=w.bruno)
    open_ = Approval.objects.create(**plain, proposed_by=w.gita)
    with pytest.raises(IntegrityError, match="who screens"), transaction.atomic():
        Approval.objects.filter(pk=open_.pk).update(decision="confirmed", decided_by=w.bruno, decided_at=NOON)
    # The other way round: who proposed something of it does not screen it.
    with pytest.raises(IntegrityError, match="who screens"), transaction.atomic():
        Approval.objects.filter(pk=review.pk).update(decision="confirmed", decided_by=w.gita, decided_at=NOON)
    review.refresh_from_db()
    assert (review.decision, Approval.objects.count()) == (None, 2)


def test_coordinator_who_decided_between_two_screeners_may_go_on(w: World) -> None:
    parcel = accepted(w, "something nobody knows")
    drain("screen")
    vote(parcel.number, "clear", by=w.act(w.bruno), now=NOON)
    assert vote(parcel.number, "refuse", by=w.act(w.chiara), now=NOON, reason="NOT_LISTED") == "differs"
    assert vote(parcel.number, "clear", by=w.act(w.ivo), now=NOON) == "settled"
    proposal = propose(
        parcel.number, "correct", by=w.act(w.gita), now=NOON,
        details={"corrects": parcel.movements.latest("number").number, "reason": "mistaken"},
    )  # fmt: skip
    approvals.reject(proposal.pk, by=w.act(w.ivo), reason="mistaken", now=NOON)
    proposal.refresh_from_db()
    assert proposal.decided_by == w.ivo
