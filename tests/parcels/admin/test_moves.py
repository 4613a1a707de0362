"""Moves told by forms: what they ask, what becomes of each parcel, and that sending twice moves once."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from parcels.models import Movement, Parcel
from people import actors
from people.models import Approval
from tests.factories import (
    World,
    accepted,
    cleared,
    consignment,
    dispatched,
    handed_over,
    move,
    organisation,
    registered,
    settle,
    staff,
    world,
)  # fmt: skip
from tests.parcels.admin.desk import messages, signed_in, text

MOVES = "/admin/parcels/parcel/moves/"
LIST = "/admin/parcels/parcel/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def send(client: Client, name: str, *parcels: Parcel, once: str = "a" * 32, **fields: Any) -> Any:
    told = {"once": once, "parcel": [parcel.number for parcel in parcels], **fields}
    return client.post(f"{MOVES}{name}/", told, follow=True)


def statuses(*parcels: Parcel) -> list[str]:
    by_pk = dict(Parcel.objects.values_list("pk", "status"))
    return [by_pk[parcel.pk] for parcel in parcels]


def test_accept_asks_for_mass_and_place_and_moves(w: World) -> None:
    parcel, amina = registered(w), signed_in(w.amina)
    form = amina.get(f"{MOVES}accept/?parcel={parcel.number}").context["form"]
    assert [field.name for field in form.plain()] == ["gross_mass_g", "place"]
    assert form["place"].value() == "North, counter 1"
    answer = send(amina, "accept", parcel, gross_mass_g=7200, place="Counter 3")
    assert messages(answer) == ["Done: it is now accepted."]
    newest = parcel.movements.latest("number")
    assert (newest.status, newest.staff, newest.details) == (
        "accepted", w.amina, {"gross_mass_g": 7200, "place": "Counter 3"},
    )  # fmt: skip


def test_double_click_moves_once(w: World) -> None:
    parcel, amina = registered(w), signed_in(w.amina)
    send(amina, "accept", parcel, gross_mass_g=7200, place="Counter 3")
    again = send(amina, "accept", parcel, gross_mass_g=7200, place="Counter 3")
    assert messages(again) == ["This was done already: it is accepted."]
    assert parcel.movements.count() == 2


def test_what_was_typed_is_kept_when_something_is_missing(w: World) -> None:
    parcel = registered(w)
    answer = send(signed_in(w.amina), "accept", parcel, gross_mass_g="", place="Counter 3")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.context["form"].errors == {"gross_mass_g": ["This field is required."]}
    assert answer.context["form"]["place"].value() == "Counter 3"
    assert statuses(parcel) == ["registered"]


def test_refusal_is_said_on_the_form(w: World) -> None:
    parcel = cleared(w)
    into = consignment(w)
    answer = send(signed_in(w.dawit), "pack", parcel, consignment=into.number)
    assert answer.context["form"].non_field_errors() == [
        "The addressee or the sender's tie is not settled yet."
    ]
    assert answer.context["form"]["consignment"].value() == into.number
    assert statuses(parcel) == ["cleared"]


def test_move_that_is_not_possible_offers_no_form(w: World) -> None:
    parcel = registered(w)
    answer = signed_in(w.dawit).get(f"{MOVES}pack/?parcel={parcel.number}", follow=True)
    assert messages(answer) == ["Pack: not possible now, or not for your role."]


@pytest.mark.parametrize("who", ["bruno", "dawit", "elena"])
def test_other_roles_do_not_accept_however_they_ask(w: World, who: str) -> None:
    parcel = registered(w)
    answer = send(signed_in(getattr(w, who)), "accept", parcel, gross_mass_g=7200, place="x")
    assert answer.context["form"].non_field_errors() == ["Your role does not allow this."]
    assert (statuses(parcel), parcel.movements.count()) == (["registered"], 1)


def test_parcel_of_another_organisation_is_not_there(w: World) -> None:
    parcel = registered(w)
    stranger = signed_in(staff("zora", "registrar", organisation("west")))
    assert send(stranger, "accept", parcel, gross_mass_g=1, place="x").status_code == HTTPStatus.NOT_FOUND
    assert stranger.get(f"{MOVES}accept/?parcel={parcel.number}").status_code == HTTPStatus.NOT_FOUND
    assert statuses(parcel) == ["registered"]


@pytest.mark.parametrize("name", ["clear", "refuse", "hold", "recheck", "register", "nonsense"])
def test_moves_of_workers_and_of_reviews_have_no_page(w: World, name: str) -> None:
    parcel = accepted(w)
    assert send(signed_in(w.bruno), name, parcel).status_code == HTTPStatus.NOT_FOUND
    assert statuses(parcel) == ["accepted"]


def test_amend_tells_what_was_taken_out(w: World) -> None:
    parcel = accepted(w, "печенье", "консервы")
    move(parcel, "refuse", actors.worker(w.north.pk), reason="METAL_CONTAINER")
    amina = signed_in(w.amina)
    wrong = send(amina, "amend", parcel, gross_mass_g=5500, line_2_count=1)
    assert wrong.context["form"].errors == {"line_2_count": ["Say why, and what became of them."]}
    send(
        amina, "amend", parcel, gross_mass_g=5500, line_2_count=1, line_2_reason="METAL_CONTAINER",
        line_2_fate="returned",
    )  # fmt: skip
    line = parcel.lines.get(number=2)
    assert (statuses(parcel), line.removed, line.fate) == (["accepted"], 1, "returned")
    assert parcel.movements.latest("number").details["lines_removed"] == [
        {"line": 2, "count": 1, "reason": "METAL_CONTAINER", "fate": "returned"}
    ]


def test_amend_tells_what_a_line_really_is(w: World) -> None:
    parcel = accepted(w, "печенье", "консервы")
    move(parcel, "refuse", actors.worker(w.north.pk), reason="METAL_CONTAINER")

    send(signed_in(w.amina), "amend", parcel, gross_mass_g=5500, line_2_is="мыло")

    assert statuses(parcel) == ["accepted"]
    assert parcel.movements.latest("number").details["lines_described"] == [{"line": 2, "count": 1, "now": 3}]
    assert parcel.lines.get(number=3).category == "HYGIENE"


def test_liaison_names_the_party_and_the_paper(w: World) -> None:
    parcel, gita = dispatched(w), signed_in(w.gita)
    missing = send(gita, "hand_over", parcel, act="A-1", on_behalf_of="south", happened_at="2026-11-21T10:00")
    assert missing.context["form"].errors == {
        "document": ["Name the paper on which the other party states it."]
    }
    send(
        gita, "hand_over", parcel, act="A-1", on_behalf_of="south", document="L-9",
        happened_at="2026-11-21T10:00",
    )  # fmt: skip
    newest = parcel.movements.latest("number")
    assert (newest.status, newest.details) == (
        "handed_over", {"act": "A-1", "on_behalf_of": "south", "document": "L-9"},
    )  # fmt: skip
    assert newest.happened_at.isoformat() == "2026-11-21T10:00:00+00:00"


def test_time_told_is_the_offices_own(w: World) -> None:
    w.south.time_zone = "Asia/Tokyo"
    w.south.save()
    parcel = dispatched(w)
    send(signed_in(w.elena), "hand_over", parcel, act="A-1", happened_at="2026-11-21T10:00")
    assert parcel.movements.latest("number").happened_at.isoformat() == "2026-11-21T01:00:00+00:00"


def test_many_leave_the_list_with_one_form_and_a_result_for_each(w: World) -> None:
    ready, not_ready, other = settle(w, cleared(w)), cleared(w), registered(w)
    into, dawit = consignment(w), signed_in(w.dawit)
    asked = dawit.post(LIST, {"action": "pack", "_selected_action": [ready.pk, not_ready.pk, other.pk]})
    assert [parcel.number for parcel, _ in asked.context["left_out"]] == [other.number]
    assert [parcel.number for parcel in asked.context["parcels"]] == [ready.number, not_ready.number]
    answer = send(dawit, "pack", ready, not_ready, consignment=into.number)
    assert [(result.parcel, said) for result, said in answer.context["rows"]] == [
        (not_ready.number, "The addressee or the sender's tie is not settled yet."),
        (ready.number, "Done: it is now packed."),
    ]
    assert "1 of 2 done" in text(answer)
    assert statuses(ready, not_ready, other) == ["packed", "cleared", "registered"]


def test_many_are_accepted_each_with_its_own_mass(w: World) -> None:
    first, second = registered(w), registered(w)
    masses = {f"gross_mass_g_{first.number}": 5100, f"gross_mass_g_{second.number}": 5200}
    send(signed_in(w.amina), "accept", first, second, place="Counter 1", **masses)
    assert [
        Movement.objects.get(parcel=each, number=2).details["gross_mass_g"] for each in (first, second)
    ] == [5100, 5200]


def test_many_sent_twice_move_once(w: World) -> None:
    parcels, dawit = [cleared(w), cleared(w)], signed_in(w.dawit)
    for _ in range(2):
        answer = send(dawit, "send_back", *parcels, reason="sender_asks")
    assert [result.result for result, _ in answer.context["rows"]] == ["repeated", "repeated"]
    assert statuses(*parcels) == ["returning", "returning"]
    assert Movement.objects.filter(move="send_back").count() == 2


def test_ties_and_addressees_are_settled_in_bulk(w: World) -> None:
    parcels = [cleared(w), cleared(w)]
    pks = [parcel.pk for parcel in parcels]
    told = signed_in(w.amina).post(LIST, {"action": "check_tie", "_selected_action": pks}, follow=True)
    assert messages(told) == ["Sender's tie was checked: 2 recorded."]
    signed_in(w.ivo).post(LIST, {"action": "settle_on_list", "_selected_action": pks})
    answer = send(signed_in(w.dawit), "pack", *parcels, consignment=consignment(w).number)
    assert [result.result for result, _ in answer.context["rows"]] == ["moved", "moved"]


def test_role_that_may_not_settle_has_no_such_action(w: World) -> None:
    parcel = cleared(w)
    signed_in(w.bruno).post(LIST, {"action": "check_tie", "_selected_action": [parcel.pk]})
    signed_in(w.amina).post(LIST, {"action": "settle_on_list", "_selected_action": [parcel.pk]})
    parcel.refresh_from_db()
    assert parcel.tie_checked_by is None
    assert not parcel.recipient.settledaddressee_set.exists()


def test_two_person_move_is_proposed_and_moves_nothing(w: World) -> None:
    parcel = handed_over(w)
    gita = signed_in(w.gita)
    last = parcel.movements.latest("number").number
    answer = send(gita, "correct", parcel, corrects=last, reason="wrong_parcel")
    assert messages(answer) == ["Proposed. It waits for a second person."]
    again = send(gita, "correct", parcel, corrects=last, reason="wrong_parcel")
    assert again.context["form"].non_field_errors() == [
        "This is proposed already and waits for a second person."
    ]
    assert (statuses(parcel), Approval.objects.count()) == (["handed_over"], 1)


def test_fact_that_no_longer_fits_is_recorded_and_said(w: World) -> None:
    parcel, elena = dispatched(w), signed_in(w.elena)
    fields = {"act": "A-1", "happened_at": "2026-11-21T10:00"}
    send(elena, "hand_over", parcel, **fields)
    answer = send(elena, "hand_over", parcel, once="b" * 32, **fields)
    assert messages(answer) == ["Recorded, but it does not fit: it stays with holding side."]
    assert parcel.movements.latest("number").move == "observe"
