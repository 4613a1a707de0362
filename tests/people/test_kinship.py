"""The tie between a sender and whom they send to, with what shows it."""

import pytest

from parcels.models import Parcel
from people import approvals
from people.kinship import EvidenceMissing, NoTie, record_kinship
from people.models import AuditEntry, Kinship, Staff
from tests.factories import NOON, World, registered, staff, world


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def parcel(w: World) -> Parcel:
    return registered(w)


def check(
    w: World, parcel: Parcel, member: Staff, evidence: str = "register", document: str = "A-7"
) -> Kinship:
    return record_kinship(
        parcel.sender, parcel.recipient, "parent", evidence, document=document, source_id=w.north.pk,
        by=w.act(member), now=NOON,
    )  # fmt: skip


def test_tie_is_kept_with_its_evidence_and_who_checked_it(w: World, parcel: Parcel) -> None:
    kept = check(w, parcel, w.amina)
    assert (kept.relation, kept.evidence, kept.document, kept.source, kept.checked_by) == (
        "parent", "register", "A-7", w.north, w.amina,
    )  # fmt: skip
    assert AuditEntry.objects.get(act="record_kinship").subject == parcel.sender_id


def test_later_check_is_a_later_row(w: World, parcel: Parcel) -> None:
    check(w, parcel, w.amina, "sender_word", "")
    check(w, parcel, w.gita)
    assert list(Kinship.objects.order_by("pk").values_list("evidence", flat=True)) == [
        "sender_word", "register",
    ]  # fmt: skip


def test_paper_is_named(w: World, parcel: Parcel) -> None:
    with pytest.raises(EvidenceMissing):
        check(w, parcel, w.amina, "court", "")
    assert Kinship.objects.count() == 0


def test_others_than_the_own_registrar_or_liaison_check_nothing(w: World, parcel: Parcel) -> None:
    for member in (w.ivo, w.bruno, w.dawit, w.elena, w.farid, staff("rosa", "registrar", w.south)):
        with pytest.raises(approvals.NotYours):
            check(w, parcel, member)
    assert Kinship.objects.count() == 0


def test_tie_is_of_a_sender_to_one_they_send_to(w: World, parcel: Parcel) -> None:
    for sender, person in ((parcel.recipient, parcel.sender), (parcel.sender, registered(w).sender)):
        with pytest.raises(NoTie):
            record_kinship(
                sender, person, "parent", "own_word", document="", source_id=w.north.pk,
                by=w.act(w.amina), now=NOON,
            )  # fmt: skip
    assert Kinship.objects.count() == 0
