"""The page of one parcel: what it shows to whom, what it offers, and what it records."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parcels.actions import Step, advance, freeze
from parcels.models import Note, Parcel
from parcels.screening import Finding
from people import actors
from people.models import AuditEntry, Staff
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    dispatched,
    handed_over,
    move,
    packed,
    registered,
    staff,
    world,
)  # fmt: skip
from tests.parcels.admin.desk import messages, opened_parcel, signed_in, text


@pytest.fixture
def w(db: None) -> World:
    return world()


def page(member: Staff, parcel: Parcel) -> Any:
    answer = opened_parcel(signed_in(member), parcel.pk)
    assert answer.status_code == HTTPStatus.OK
    return answer


def offered(member: Staff, parcel: Parcel) -> list[str]:
    return [move.name for move in page(member, parcel).context["moves"]]


@pytest.mark.parametrize(
    ("who", "expected"),
    [("amina", ["cancel", "accept"]), ("bruno", []), ("dawit", []), ("elena", []), ("ivo", ["reissue"])],
)
def test_buttons_of_a_registered_parcel(w: World, who: str, expected: list[str]) -> None:
    assert offered(getattr(w, who), registered(w)) == expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [("dawit", ["pack", "send_back"]), ("amina", ["reopen"]), ("bruno", ["reopen"]), ("elena", []),
     ("gita", ["correct", "reissue"])],
)  # fmt: skip
def test_buttons_of_a_cleared_parcel(w: World, who: str, expected: list[str]) -> None:
    assert offered(getattr(w, who), cleared(w)) == expected


def test_liaison_may_record_what_a_partner_states(w: World) -> None:
    parcel = dispatched(w)
    assert offered(w.gita, parcel) == [
        "entrust", "hand_over", "bring_back", "report_missing", "correct", "reissue",
    ]  # fmt: skip
    assert offered(w.elena, parcel) == ["hand_over", "report_missing"]


def test_frozen_parcel_offers_no_decision(w: World) -> None:
    parcel = cleared(w)
    freeze(parcel.number, by=w.act(w.ivo), now=NOON)
    assert (offered(w.dawit, parcel), offered(w.ivo, parcel)) == ([], ["unfreeze"])


def test_page_shows_where_it_is(w: World) -> None:
    parcel = move(cleared(w), "send_back", w.act(w.dawit), reason="sender_asks")
    assert [(stop.label, stop.state) for stop in page(w.dawit, parcel).context["way"]][:5] == [
        ("registered", "done"), ("accepted", "done"), ("cleared", "done"), ("returning", "now aside"),
        ("packed", "ahead"),
    ]  # fmt: skip


def test_names_are_opened_for_people_rights_only_and_each_opening_is_recorded(w: World) -> None:
    parcel = registered(w)
    name = "Pavlo Away"
    told = ("staff", "act", "outcome", "subject_kind", "subject", "purpose")
    assert name not in text(page(w.bruno, parcel))
    assert list(AuditEntry.objects.values_list(*told[:3])) == [(w.bruno.pk, "refused", "refused")]
    assert name in text(page(w.amina, parcel))
    assert list(AuditEntry.objects.filter(outcome="done").order_by("pk").values_list(*told)) == [
        (w.amina.pk, "see_names", "done", "parcel", parcel.pk, "verification"),
        *(
            (w.amina.pk, "unmask", "done", "person", end, "verification")
            for end in sorted([parcel.sender_id, parcel.recipient_id])
        ),
    ]


def test_names_stay_masked_until_somebody_says_what_for(w: World) -> None:
    parcel, browser = registered(w), signed_in(w.amina)
    address = f"/admin/parcels/parcel/{parcel.pk}/change/"
    for purpose in ("", "curiosity", "scanned"):
        browser.post(f"/admin/parcels/parcel/{parcel.pk}/open/", {"purpose": purpose})
        shown = text(browser.get(address))
        assert ("Pavlo Away" in shown, "Olha Home" in shown, "P. A." in shown) == (False, False, True), (
            purpose
        )
    assert not AuditEntry.objects.filter(act__in=["see_names", "unmask"]).exists()


def test_sender_is_shown_to_the_sending_side_only(w: World) -> None:
    parcel = dispatched(w)
    assert "Olha Home" in text(page(w.gita, parcel))
    shown = text(page(w.farid, parcel))
    assert ("Pavlo Away" in shown, "Olha Home" in shown, "mother" in shown) == (True, False, False)


def test_contents_are_shown_to_both_sides_and_not_to_the_neutral_agency(w: World) -> None:
    parcel = dispatched(w)
    for member, sees in ((w.bruno, True), (w.elena, True), (w.farid, False)):
        assert ("шкарпетки" in text(page(member, parcel))) is sees


def test_findings_stand_beside_their_line_with_rule_and_version(w: World) -> None:
    parcel, rule = accepted(w), w.terms.rules.get(category="FOOD_TIN")
    findings = [
        Finding(1, "FOOD_TIN", "review", rule.reason_code, rule.pk),
        Finding(None, None, "review", "OVER_QUOTA", None),
    ]
    step = Step(parcel.number, "hold", NOON, details={"findings": ["FOOD_TIN"]}, findings=findings)
    advance([step], by=actors.worker(w.north.pk), now=NOON)
    shown = page(w.bruno, parcel)
    assert [row.findings[0]["text"] for row in shown.context["rows"] if row.findings] == [
        rule.internal_reason
    ]
    assert f"{rule.internal_reason} {rule.reason_code}, terms version 1" in text(shown)
    assert "More parcels for this person than the round's terms foresee." in text(shown)


def test_history_says_what_was_stated_by_whom_and_recorded_by_whom(w: World) -> None:
    parcel = move(
        dispatched(w), "hand_over", w.act(w.gita), act="A-7", on_behalf_of="south", document="Letter 4"
    )
    newest = page(w.gita, parcel).context["history"][0]
    assert (newest.what, newest.stated_by, newest.recorded_by) == ("handed over", "South", "Gita")
    assert dict(newest.details) == {"act": "A-7", "document": "Letter 4"}
    assert page(w.elena, parcel).context["history"][0].recorded_by == "North"


def test_observation_is_marked(w: World) -> None:
    parcel = registered(w)
    advance([Step(parcel.number, "hand_over", NOON, details={"act": "A"})], by=w.act(w.elena), now=NOON)
    newest = page(w.amina, parcel).context["history"][0]
    assert (newest.observed, newest.what, newest.status) == (True, "handed over", "registered")


def test_holding_side_reads_no_contest(w: World) -> None:
    parcel = move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(parcel, "contest", w.act(w.gita), document="D-1")
    shown = page(w.elena, parcel)
    assert shown.context["history"][0].what == "receipt reported"
    assert ("D-1" in text(shown), "contested" in text(shown)) == (False, False)
    assert "being traced" not in text(shown).replace("Where it is", "")
    assert [each.name for each in shown.context["moves"]] == []
    assert "contested" in text(page(w.gita, parcel)).lower()


def test_intermediary_is_named_to_those_who_need_it_only(w: World) -> None:
    parcel = move(dispatched(w), "entrust", w.act(w.farid))
    assert "Harbour" not in text(page(w.bruno, parcel))
    assert "Harbour" in text(page(w.dawit, parcel))


def test_seal_and_consignment_are_shown_to_the_dispatcher_not_to_the_screener(w: World) -> None:
    parcel = dispatched(w)
    assert ("SEAL-1" in text(page(w.dawit, parcel)), "SEAL-1" in text(page(w.elena, parcel))) == (True, False)


def test_page_tells_what_the_family_reads(w: World) -> None:
    parcel = dispatched(w)
    family = page(w.gita, parcel).context["family"]
    assert (family["word"], family["next"]) == ("checked", NOON + timedelta(days=7))
    assert page(w.elena, parcel).context["family"] is None


def test_held_news_is_released_by_a_liaison_only(w: World) -> None:
    parcel = move(handed_over(w), "fail", w.act(w.elena), reason="unknown")
    url = f"/admin/parcels/parcel/{parcel.pk}/do/release/"
    refused = signed_in(w.ivo).post(url, follow=True)
    parcel.refresh_from_db()
    assert (messages(refused), parcel.held_from) == (["Your role does not allow this."], parcel.last_number)
    done = signed_in(w.gita).post(url, follow=True)
    parcel.refresh_from_db()
    assert (messages(done), parcel.held_from) == (["The family may read the news."], None)


def test_note_is_kept_sealed_and_read_by_the_own_office_only(w: World) -> None:
    parcel = packed(w)
    url = f"/admin/parcels/parcel/{parcel.pk}/note/"
    told = signed_in(w.dawit).post(url, {"about": "sender", "text": "Olha will call again"}, follow=True)
    assert messages(told) == ["The note is kept."]
    note = Note.objects.get()
    assert (note.person_id, note.written_by, b"Olha" in bytes(note.sealed)) == (
        parcel.sender_id, w.dawit, False,
    )  # fmt: skip
    assert "Olha will call again" in text(page(w.gita, parcel))
    assert "Olha will call again" not in text(page(w.dawit, parcel))
    assert "Olha will call again" not in text(page(w.farid, parcel))


def test_empty_note_is_refused_and_auditor_writes_none(w: World) -> None:
    parcel = registered(w)
    url = f"/admin/parcels/parcel/{parcel.pk}/note/"
    assert signed_in(w.amina).post(url, {"about": "sender", "text": ""}).status_code == 400
    auditor = signed_in(staff("omar", "auditor", w.north))
    assert auditor.post(url, {"about": "sender", "text": "x"}).status_code == HTTPStatus.FORBIDDEN
    assert Note.objects.count() == 0


def test_words_that_no_longer_open_leave_the_page_standing(w: World) -> None:
    parcel = registered(w)
    Parcel.objects.filter(pk=parcel.pk).update(sealed_relationship=b"\x01" + bytes(40))
    assert "Sender is erased" in text(page(w.amina, parcel))


def test_tie_and_addressee_are_settled_from_the_page(w: World) -> None:
    parcel = cleared(w)
    url = f"/admin/parcels/parcel/{parcel.pk}/do/"
    signed_in(w.amina).post(f"{url}check_tie/")
    signed_in(w.ivo).post(f"{url}settle_on_list/")
    parcel.refresh_from_db()
    assert parcel.tie_checked_by == w.amina
    assert page(w.ivo, parcel).context["settled"].how == "on_list"


def test_page_asks_as_often_for_three_lines_as_for_one(w: World) -> None:
    counts = []
    for descriptions in (["soap"], ["soap", "чай", "печенье"]):
        parcel = accepted(w, *descriptions)
        with CaptureQueriesContext(connection) as queries:
            page(w.gita, parcel)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_that_an_addressees_situation_changed_is_an_officers_to_read(w: World) -> None:
    parcel = move(
        cleared(w), "send_back", actors.worker(w.north.pk), reason="situation", situation="released"
    )
    reads = {
        member.username: "reason: situation" in text(page(member, parcel))
        for member in (w.amina, w.bruno, w.dawit, w.gita, w.ivo)
    }
    assert reads == {"amina": False, "bruno": False, "dawit": False, "gita": True, "ivo": True}


def test_way_to_the_place_is_shown_where_it_may_be_known(w: World) -> None:
    parcel = dispatched(w)
    lena = staff("lena", "logistics", w.north)
    ways = {
        member.username: "Where the addressee is held" in text(page(member, parcel))
        for member in (w.elena, lena, w.gita, w.farid)
    }
    assert ways == {"elena": True, "lena": False, "gita": False, "farid": False}
