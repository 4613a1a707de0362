"""People found by whole names and opened one at a time; what became of a prisoner, as stated."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people import situations, withholding
from people.actions import Telling
from people.models import (
    Approval,
    AuditEntry,
    Consent,
    Kinship,
    Person,
    SituationEvent,
    Staff,
    Withholding,
)
from tests.factories import NOON, World, organisation, registered, staff, world
from tests.parcels.admin.desk import messages, opened_person, signed_in, text

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


def before(member: Staff, person: Person) -> Client:
    """Return a browser in which the person is open, as far as they may be."""
    browser = signed_in(member)
    opened_person(browser, person.pk)
    return browser


def state(member: Staff, person: Person, w: World, **told: str) -> Any:
    fields = {**STATED, "source": str(w.harbour.pk), **told}
    return before(member, person).post(f"{LIST}{person.pk}/change/", fields, follow=True)


def test_person_is_found_in_either_script_and_shown_by_initials(w: World, prisoner: Person) -> None:
    shown = text(signed_in(w.amina).get(f"{LIST}?q=Serhii+Kovalenko"))
    assert (prisoner.reference in shown, "К. С." in shown, "Коваленко" in shown) == (True, True, False)


def test_opening_a_person_shows_every_fact_with_its_source_and_is_recorded(
    w: World, prisoner: Person
) -> None:
    shown = text(opened_person(signed_in(w.amina), prisoner.pk))
    assert "name Коваленко Сергій North" in shown
    assert "birth date 1 January 1990 North" in shown
    assert list(AuditEntry.objects.values_list("staff", "act", "subject")) == [
        (w.amina.pk, "open_person", prisoner.pk)
    ]


def test_sender_is_opened_by_the_own_office_only(w: World) -> None:
    sender = registered(w).sender
    assert opened_person(signed_in(w.farid), sender.pk).status_code == HTTPStatus.NOT_FOUND
    assert "phone: +" in text(opened_person(signed_in(w.amina), sender.pk))
    assert AuditEntry.objects.filter(staff=w.farid, outcome="done").count() == 0


@pytest.mark.parametrize("who", ["bruno", "dawit", "elena"])
def test_roles_without_people_rights_open_nobody(w: World, prisoner: Person, who: str) -> None:
    member = signed_in(getattr(w, who))
    assert member.get(LIST).status_code == HTTPStatus.FORBIDDEN
    assert member.get(f"{LIST}{prisoner.pk}/change/").status_code == HTTPStatus.FORBIDDEN
    assert not AuditEntry.objects.filter(outcome="done").exists()


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
    assert "Record a statement" not in text(opened_person(signed_in(w.amina), prisoner.pk))
    assert state(w.amina, prisoner, w).status_code == HTTPStatus.FORBIDDEN
    assert SituationEvent.objects.count() == 0


def test_senders_have_no_situation(w: World) -> None:
    sender = registered(w).sender
    assert state(w.gita, sender, w).status_code == HTTPStatus.FORBIDDEN
    assert SituationEvent.objects.count() == 0


# What is known beside: each fact with its source.


def do(member: Staff, person: Person, deed: str, **told: object) -> Any:
    return before(member, person).post(f"{LIST}{person.pk}/change/", {"deed": deed, **told}, follow=True)


def opened(member: Staff, person: Person) -> str:
    return text(opened_person(signed_in(member), person.pk))


def occurred(w: World, person: Person, situation: str, stated_by: str = "neutral") -> SituationEvent:
    (event,) = situations.record_for(
        [person.pk], situation, date(2026, 11, 18), stated_by, source_id=w.harbour.pk, document="NOTE-7",
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    return event


def test_dates_that_do_not_fit_each_other_are_pointed_out(w: World, prisoner: Person) -> None:
    answer = do(w.amina, prisoner, "fact", kind="birth_date", text="1990-02-03", source=w.south.pk)
    assert messages(answer) == ["Kept."]
    do(w.amina, prisoner, "fact", kind="birth_date", text="1990-03-02", source=w.north.pk, document="List 2")
    shown = opened(w.amina, prisoner)
    assert "3 February 1990 and 2 March 1990: swapped day and month." in shown
    assert "birth date 3 February 1990 South" in shown
    assert "birth date 1 January 1990 North" in shown


def test_latin_spelling_is_shown_as_told_or_as_ours(w: World, prisoner: Person) -> None:
    assert "Kovalenko Serhii (spelled out by us, not told)" in opened(w.amina, prisoner)
    do(w.amina, prisoner, "fact", kind="name_latin", text="Kovalenko Sergey", source=w.north.pk)
    shown = opened(w.amina, prisoner)
    assert ("In Latin letters Kovalenko Sergey" in shown, "spelled out" in shown) == (True, False)


def test_what_is_no_fact_is_said_beside_it_and_kept(w: World, prisoner: Person) -> None:
    answer = do(w.amina, prisoner, "fact", kind="name_latin", text="Petrenko Ivan", source=w.north.pk)
    form = answer.context["form"]
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert list(form.errors) == ["text"]
    assert form["text"].value() == "Petrenko Ivan"
    assert prisoner.facts.filter(kind="name_latin").count() == 0


def test_standing_and_timeline_are_an_officers(w: World, prisoner: Person) -> None:
    occurred(w, prisoner, "in_hospital")
    occurred(w, prisoner, "exchanged", "one_side")
    shown = opened(w.gita, prisoner)
    assert "Well founded: in hospital since 18 Nov 2026." in shown
    assert "One side alone has said something else since." in shown
    assert "Harbour) counts now NOTE-7" in shown


@pytest.mark.parametrize("situation", SituationEvent.Situation.values)
def test_nothing_that_became_of_a_person_changes_what_a_registrar_reads(
    w: World, prisoner: Person, situation: str
) -> None:
    def read() -> list[str]:
        browser = signed_in(w.amina)
        pages = (LIST, f"{LIST}?q=Kovalenko", f"{LIST}?q={situation}", f"{LIST}{prisoner.pk}/change/")
        return [text(browser.get(page)) for page in pages]

    before = read()
    occurred(w, prisoner, situation)
    occurred(w, prisoner, situation, "one_side")

    assert read() == before


def test_holding_side_reads_neither_the_sender_nor_what_others_told_of_them(
    w: World, prisoner: Person
) -> None:
    occurred(w, prisoner, "in_hospital")
    enzo, rosa = staff("enzo", "liaison", w.south), staff("rosa", "registrar", w.south)
    for member in (enzo, rosa):
        shown = opened(member, prisoner)
        assert "name Коваленко Сергій North" in shown
        for word in ("hospital", "NOTE-7", "Kinship", "Kept from the family", "phone", "Gita", "Record a"):
            assert word not in shown, (member, word)


def test_staff_of_another_office_are_not_named(w: World, prisoner: Person) -> None:
    occurred(w, prisoner, "held")
    shown = opened(w.farid, prisoner)
    assert ("NOTE-7" in shown, "Gita" in shown) == (True, False)
    assert "Gita" in opened(w.ivo, prisoner)


def test_holding_side_does_not_state_what_becomes_of_another_offices_person(
    w: World, prisoner: Person
) -> None:
    assert state(staff("enzo", "liaison", w.south), prisoner, w).status_code == HTTPStatus.FORBIDDEN
    assert messages(state(w.farid, prisoner, w)) == ["Recorded."]
    assert SituationEvent.objects.count() == 1


def test_kinship_is_recorded_with_its_evidence_on_either_page(w: World, prisoner: Person) -> None:
    sender = prisoner.parcels.get().sender
    told = {"relation": "parent", "evidence": "register", "document": "A-7", "source": w.north.pk}
    assert messages(do(w.amina, sender, "kinship", other=prisoner.pk, **told)) == ["Recorded: parent."]
    assert "parent civil register: birth, marriage (A-7) North" in opened(w.amina, prisoner)
    answer = do(w.amina, prisoner, "kinship", other=sender.pk, **told | {"document": ""})
    assert list(answer.context["form"].errors) == ["document"]
    assert Kinship.objects.count() == 1


def test_kinship_joins_only_the_ends_of_own_parcels(w: World, prisoner: Person) -> None:
    stranger = registered(w).sender
    told = {"relation": "parent", "evidence": "own_word", "document": "", "source": w.north.pk}
    answer = do(w.amina, prisoner, "kinship", other=stranger.pk, **told)
    assert list(answer.context["form"].errors) == ["other"]
    assert do(w.ivo, prisoner, "kinship", other=stranger.pk, **told).status_code == HTTPStatus.FORBIDDEN
    assert Kinship.objects.count() == 0


def test_consent_is_given_and_withdrawn(w: World, prisoner: Person) -> None:
    sender = prisoner.parcels.get().sender
    given = {"purpose": "correspondence", "text_version": "3", "language": "uk", "channel": "phone"}
    assert messages(do(w.amina, sender, "consent", **given)) == ["Recorded."]
    assert "correspondence: given" in opened(w.amina, sender)
    answer = do(w.amina, sender, "withdraw", purpose="correspondence", channel="email")
    assert messages(answer) == ["Withdrawn."]
    assert "correspondence: withdrawn" in opened(w.amina, sender)
    assert do(w.amina, prisoner, "consent", **given).status_code == HTTPStatus.FORBIDDEN
    assert Consent.objects.count() == 2


def test_fact_is_kept_from_the_family_until_two_officers_let_it_go(w: World, prisoner: Person) -> None:
    event = occurred(w, prisoner, "in_hospital")
    answer = do(
        w.gita, prisoner, "keep_back", what=f"event:{event.pk}", reason="harm_to_person",
        review_on="2999-01-01",
    )  # fmt: skip
    assert messages(answer) == ["It is kept from the family."]
    assert "in hospital on 2026-11-18 may harm the person 1 Jan 2999 Gita" in opened(w.ivo, prisoner)
    assert "in hospital on 2026-11-18 may harm the person 1 Jan 2999" in opened(w.farid, prisoner)
    for member in (w.amina, staff("enzo", "liaison", w.south)):
        assert "may harm" not in opened(member, prisoner)

    kept = Withholding.objects.get()
    assert messages(do(w.gita, prisoner, "let_go", kept=kept.pk)) == [
        "Proposed. It waits for a second officer."
    ]
    url = f"/admin/parcels/parcel/waiting/{Approval.objects.get().pk}/"
    signed_in(w.ivo).post(url, {"decision": "confirm"})
    assert "Nothing is kept back by name." in opened(w.gita, prisoner)


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("keep_back", {"what": "", "reason": "own_wish", "review_on": "2999-01-01"}),
        ("let_go", {"kept": "1"}),
        ("fact", {"kind": "name", "text": "Petrenko Ivan"}),
        ("kinship", {"relation": "parent"}),
        ("consent", {"purpose": "statistics"}),
        ("nonsense", {}),
    ],
)
def test_deed_one_does_not_have_is_refused(
    w: World, prisoner: Person, deed: str, told: dict[str, str]
) -> None:
    before = prisoner.facts.count()
    members = [w.farid, staff("enzo", "liaison", w.south), staff("rosa", "registrar", w.south)]
    for member in members:
        assert do(member, prisoner, deed, **told).status_code == HTTPStatus.FORBIDDEN
    assert (prisoner.facts.count(), Withholding.objects.count(), Kinship.objects.count()) == (before, 0, 0)


def test_what_is_kept_back_is_chosen_among_this_persons(w: World, prisoner: Person) -> None:
    other = occurred(w, registered(w).recipient, "held")
    answer = do(
        w.gita, prisoner, "keep_back", what=f"event:{other.pk}", reason="own_wish", review_on="2999-01-01"
    )
    assert list(answer.context["form"].errors) == ["what"]
    assert Withholding.objects.count() == 0


def test_displaced_civilian_is_put_on_record_under_a_neutral_word(w: World) -> None:
    told = {
        "kind": "evacuee",
        "name": "Сорока Ганна",
        "name_latin": "Soroka Hanna",
        "birth_date": "1950/1955",
    }
    answer = signed_in(w.gita).post(f"{LIST}add/", told, follow=True)
    civilian = Person.objects.get(kind="evacuee")
    assert messages(answer) == ["On record."]
    do(w.gita, civilian, "fact", kind="term", text="illegally taken", source=w.south.pk)
    shown = opened(w.gita, civilian)
    assert f"Displaced civilian {civilian.reference}" in shown
    assert "term used by the source illegally taken South" in shown
    assert "Born 1950 to 1955" in shown
    assert "What became of them" not in shown
    assert "taken" not in text(signed_in(w.gita).get(LIST))


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"kind": "sender"}, "kind"), ({"name": "С. О."}, "name"), ({"birth_date": "soon"}, "birth_date"),
        ({"name_latin": "Petrenko Ivan"}, "name_latin"), ({"name_latin": "Сорока Анна"}, "name_latin"),
    ],
)  # fmt: skip
def test_person_is_not_recorded_with_what_is_wrong(w: World, told: dict[str, str], wrong: str) -> None:
    fields = {"kind": "prisoner", "name": "Сорока Ганна"} | told
    answer = signed_in(w.gita).post(f"{LIST}add/", fields)
    assert list(answer.context["form"].errors) == [wrong]
    assert Person.objects.count() == 0


def test_others_record_nobody(w: World) -> None:
    for member in (w.bruno, w.dawit, w.elena, staff("anton", "auditor", w.north)):
        answer = signed_in(member).post(f"{LIST}add/", {"kind": "prisoner", "name": "Сорока Ганна"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert Person.objects.count() == 0


def test_officers_see_what_is_due_for_a_look_again(w: World, prisoner: Person) -> None:
    event = occurred(w, prisoner, "in_hospital")
    withholding.keep_back(event, "own_wish", date(2026, 11, 21), by=w.act(w.gita), now=NOON)
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        assert "1 kept from families" in text(signed_in(w.ivo).get("/admin/"))
        assert "kept from families" not in text(signed_in(w.amina).get("/admin/"))
        assert prisoner.reference in text(signed_in(w.ivo).get(f"{LIST}?kept=due"))
        assert signed_in(w.amina).get(f"{LIST}?kept=due").status_code != HTTPStatus.OK
    with time_machine.travel(NOON, tick=False):
        assert prisoner.reference not in text(signed_in(w.ivo).get(f"{LIST}?kept=due"))


def test_auditor_does_not_read_what_became_of_a_person_in_what_waits(w: World, prisoner: Person) -> None:
    state(w.gita, prisoner, w, stated_by="two_officers", situation="deceased")
    page = "/admin/parcels/parcel/waiting/"
    assert "deceased" in text(signed_in(w.ivo).get(page))
    shown = text(signed_in(staff("anton", "auditor", w.north)).get(page))
    assert ("deceased" in shown, prisoner.reference in shown) == (False, False)


def test_list_asks_as_often_for_three_rows_as_for_one(w: World, prisoner: Person) -> None:
    browser = signed_in(w.farid)
    browser.get(LIST)
    with CaptureQueriesContext(connection) as one:
        browser.get(LIST)
    for _ in range(2):
        registered(w)
    with CaptureQueriesContext(connection) as three:
        browser.get(LIST)
    assert len(one) == len(three)
