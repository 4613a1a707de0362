"""People found by whole names and opened one at a time; what became of a prisoner, as stated."""

from http import HTTPStatus
from typing import Any

import pytest

from people.actions import Telling
from people.models import Approval, AuditEntry, Person, SituationEvent, Staff
from tests.factories import World, organisation, registered, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

LIST = "/admin/people/person/"
STATED = {
    "situation": "released", "happened_on": "2026-11-18", "stated_by": "both_sides", "document": "List 12",
}  # fmt: skip


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w, recipient=Telling("prisoner", "Коваленко Сергій", "1990-01-01")).recipient


def state(member: Staff, person: Person, w: World, **told: str) -> Any:
    fields = {**STATED, "source": str(w.harbour.pk), **told}
    return signed_in(member).post(f"{LIST}{person.pk}/change/", fields, follow=True)


def test_person_is_found_in_either_script_and_shown_by_initials(w: World, prisoner: Person) -> None:
    shown = text(signed_in(w.amina).get(f"{LIST}?q=Serhii+Kovalenko"))
    assert (prisoner.reference in shown, "К. С." in shown, "Коваленко" in shown) == (True, True, False)


def test_opening_a_person_shows_every_fact_with_its_source_and_is_recorded(
    w: World, prisoner: Person
) -> None:
    shown = text(signed_in(w.amina).get(f"{LIST}{prisoner.pk}/change/"))
    assert "name Коваленко Сергій North" in shown
    assert "birth date 1 January 1990 North" in shown
    assert list(AuditEntry.objects.values_list("staff", "act", "subject")) == [
        (w.amina.pk, "open_person", prisoner.pk)
    ]


def test_sender_is_opened_by_the_own_office_only(w: World) -> None:
    sender = registered(w).sender
    assert signed_in(w.farid).get(f"{LIST}{sender.pk}/change/").status_code == HTTPStatus.NOT_FOUND
    assert "phone: +" in text(signed_in(w.amina).get(f"{LIST}{sender.pk}/change/"))
    assert AuditEntry.objects.filter(staff=w.farid).count() == 0


@pytest.mark.parametrize("who", ["bruno", "dawit", "elena"])
def test_roles_without_people_rights_open_nobody(w: World, prisoner: Person, who: str) -> None:
    member = signed_in(getattr(w, who))
    assert member.get(LIST).status_code == HTTPStatus.FORBIDDEN
    assert member.get(f"{LIST}{prisoner.pk}/change/").status_code == HTTPStatus.FORBIDDEN
    assert AuditEntry.objects.count() == 0


def test_stranger_opens_nobody(w: World, prisoner: Person) -> None:
    stranger = signed_in(staff("zora", "liaison", organisation("west")))
    assert stranger.get(f"{LIST}{prisoner.pk}/change/").status_code == HTTPStatus.NOT_FOUND


def test_statement_is_recorded_as_it_was_stated(w: World, prisoner: Person) -> None:
    assert messages(state(w.gita, prisoner, w)) == ["Recorded."]
    event = SituationEvent.objects.get()
    assert (event.situation, event.stated_by, event.source, event.document, event.recorded_by) == (
        "released", "both_sides", w.harbour, "List 12", w.gita,
    )  # fmt: skip


def test_what_both_sides_state_stands_on_a_paper(w: World, prisoner: Person) -> None:
    answer = state(w.gita, prisoner, w, document="")
    assert answer.context["form"].errors == {"document": ["Name the paper on which this was stated."]}
    assert answer.context["form"]["situation"].value() == "released"
    assert SituationEvent.objects.count() == 0


def test_day_that_has_not_come_is_refused(w: World, prisoner: Person) -> None:
    answer = state(w.gita, prisoner, w, happened_on="2999-01-01")
    assert answer.context["form"].errors == {"happened_on": ["This day has not come yet."]}
    assert SituationEvent.objects.count() == 0


def test_own_officers_word_needs_two(w: World, prisoner: Person) -> None:
    answer = state(w.gita, prisoner, w, stated_by="two_officers")
    assert messages(answer) == ["Proposed. It waits for a second officer."]
    assert SituationEvent.objects.count() == 0
    url = f"/admin/parcels/parcel/waiting/{Approval.objects.get().pk}/"
    signed_in(w.gita).post(url, {"decision": "confirm"})
    assert SituationEvent.objects.count() == 0
    signed_in(w.ivo).post(url, {"decision": "confirm"})
    event = SituationEvent.objects.get()
    assert (event.situation, event.stated_by, event.happened_on.isoformat(), event.recorded_by) == (
        "released", "two_officers", "2026-11-18", w.gita,
    )  # fmt: skip


def test_registrar_records_no_situation(w: World, prisoner: Person) -> None:
    assert "Record a statement" not in text(signed_in(w.amina).get(f"{LIST}{prisoner.pk}/change/"))
    assert state(w.amina, prisoner, w).status_code == HTTPStatus.FORBIDDEN
    assert SituationEvent.objects.count() == 0


def test_senders_have_no_situation(w: World) -> None:
    sender = registered(w).sender
    assert state(w.gita, sender, w).status_code == HTTPStatus.FORBIDDEN
    assert SituationEvent.objects.count() == 0
