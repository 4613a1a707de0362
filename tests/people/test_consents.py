"""Consent, per purpose, until it is withdrawn without a reason."""

import pytest

from people import approvals, consents
from people.models import AuditEntry, Consent, Person, Staff
from tests.factories import NOON, World, registered, staff, world


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def sender(w: World) -> Person:
    return registered(w).sender


def give(w: World, person: Person, member: Staff, **told: str) -> Consent:
    plain = {"text_version": "2026-1", "language": "uk", "channel": "counter"}
    return consents.give(person, "correspondence", by=w.act(member), now=NOON, **plain | told)


def test_consent_is_to_a_text_in_a_language_for_one_purpose(w: World, sender: Person) -> None:
    given = give(w, sender, w.amina)

    assert consents.consents_of(sender) == {"correspondence": given}
    assert consents.has_consent(sender, "correspondence")
    assert not consents.has_consent(sender, "statistics")
    assert AuditEntry.objects.get(act="give_consent").purpose == "correspondence"


def test_withdrawal_asks_no_reason_and_leaves_the_history(w: World, sender: Person) -> None:
    give(w, sender, w.amina)

    consents.withdraw(sender, "correspondence", channel="phone", by=w.act(w.gita), now=NOON)

    assert not consents.has_consent(sender, "correspondence")
    assert list(Consent.objects.order_by("pk").values_list("given", "channel")) == [
        (True, "counter"), (False, "phone"),
    ]  # fmt: skip
    assert give(w, sender, w.amina).given
    assert consents.has_consent(sender, "correspondence")


def test_what_was_not_given_is_not_withdrawn(w: World, sender: Person) -> None:
    give(w, sender, w.amina)
    consents.withdraw(sender, "correspondence", channel="phone", by=w.act(w.gita), now=NOON)
    for purpose in ("correspondence", "statistics"):
        with pytest.raises(consents.NothingGiven):
            consents.withdraw(sender, purpose, channel="phone", by=w.act(w.gita), now=NOON)
    assert Consent.objects.count() == 2


@pytest.mark.parametrize("missing", ["text_version", "language"])
def test_consent_to_no_text_is_none(w: World, sender: Person, missing: str) -> None:
    with pytest.raises(consents.TextMissing):
        give(w, sender, w.amina, **{missing: ""})
    assert Consent.objects.count() == 0


def test_nothing_rests_on_the_consent_of_who_is_held(w: World) -> None:
    with pytest.raises(consents.NotByConsent):
        give(w, registered(w).recipient, w.amina)
    assert Consent.objects.count() == 0


def test_displaced_civilian_consents(w: World) -> None:
    assert give(w, Person.objects.create(kind="evacuee", organisation=w.north), w.gita).given


def test_others_than_the_own_office_record_nothing(w: World, sender: Person) -> None:
    given = give(w, sender, w.amina)
    for member in (w.bruno, w.dawit, w.elena, w.farid, staff("rosa", "registrar", w.south)):
        with pytest.raises(approvals.NotYours):
            give(w, sender, member)
        with pytest.raises(approvals.NotYours):
            consents.withdraw(sender, "correspondence", channel="phone", by=w.act(member), now=NOON)
    assert Consent.objects.get() == given
