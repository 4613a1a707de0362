"""Weighing and accepting: what the rules say beforehand, and what the sender takes back at the counter."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parcels.admin.advice import Advice
from parcels.models import Parcel
from parcels.workers import drain
from tests.factories import World, handed_over, move, registered, world
from tests.parcels.admin.desk import messages, signed_in, text

ACCEPT = "/admin/parcels/parcel/moves/accept/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def open_(client: Client, *parcels: Parcel) -> Any:
    return client.get(ACCEPT, {"parcel": [each.number for each in parcels]})


def send(client: Client, parcel: Parcel, **fields: object) -> Any:
    data = {"parcel": parcel.number, "once": "a" * 32, "gross_mass_g": "6200", "place": "Counter 3"} | fields
    return client.post(ACCEPT, data, follow=True)


def said(response: Any) -> list[tuple[int, str]]:
    advice: Advice = response.context["advice"]
    return [(line, each["verdict"]) for line, found in sorted(advice.by_line.items()) for each in found]


def lines(parcel: Parcel) -> list[tuple[int, int, str, str]]:
    return list(parcel.lines.order_by("number").values_list("number", "removed", "fate", "category"))


def test_rules_are_said_before_anything_is_taken_in(w: World) -> None:
    parcel = registered(w, "печенье", "нож")

    page = open_(signed_in(w.amina), parcel)

    assert said(page) == [(2, "prohibit")]
    assert "Something may not be sent." in text(page)
    assert "Line 2: нож, 1 × 500 g" in text(page)
    assert page.context["form"]["line_2_reason"].value() == w.terms.rules.get(category="SHARP").reason_code
    assert page.context["form"]["line_1_reason"].value() is None


def test_what_the_sender_takes_back_goes_home_at_once(w: World) -> None:
    parcel = registered(w, "печенье", "нож")

    answer = send(signed_in(w.amina), parcel, line_2_count="1", line_2_reason="SHARP")

    assert messages(answer) == ["Done: it is now accepted."]
    assert lines(parcel) == [(1, 0, "kept", "FOOD_DRY"), (2, 1, "returned", "SHARP")]
    assert parcel.movements.latest("number").details["lines_removed"] == [
        {"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}
    ]
    drain("screen")
    parcel.refresh_from_db()
    assert parcel.status == "cleared"


def test_accepted_parcel_stays_at_the_counter(w: World) -> None:
    parcel = registered(w, "печенье", "нож")

    answer = send(signed_in(w.amina), parcel, line_2_count="1", line_2_reason="SHARP")

    assert answer.redirect_chain == [(f"/admin/parcels/parcel/{parcel.pk}/counter/", HTTPStatus.FOUND)]
    assert answer.context["advice"].verdict == "allow"
    assert "1, 1 out (Returned)" in text(answer)


def test_what_was_found_is_screened_by_its_words(w: World) -> None:
    parcel = registered(w, "печенье", "мыло")

    send(signed_in(w.amina), parcel, line_2_is="нож")

    assert lines(parcel)[1:] == [(2, 1, "described_anew", "HYGIENE"), (3, 0, "kept", "SHARP")]


def test_check_reads_what_was_found_and_changes_nothing(w: World) -> None:
    parcel, amina = registered(w, "печенье", "мыло", "нож"), signed_in(w.amina)
    found = {"line_2_is": "водка", "line_3_count": "1", "gross_mass_g": "", "place": ""}

    answer = send(amina, parcel, check="yes", **found)

    assert (answer.status_code, answer.context["form"].errors) == (HTTPStatus.OK, {})
    assert said(answer) == [(2, "prohibit")]
    assert answer.context["form"]["line_2_is"].value() == "водка"
    parcel.refresh_from_db()
    assert (parcel.status, len(lines(parcel)), parcel.movements.count()) == ("registered", 3, 1)


def test_check_weighs(w: World) -> None:
    parcel = registered(w, "печенье")

    answer = send(signed_in(w.amina), parcel, check="yes", gross_mass_g="11000")

    assert [each["code"] for each in answer.context["advice"].whole] == ["OVER_MASS"]


def test_nothing_typed_is_lost_when_something_is_missing(w: World) -> None:
    parcel = registered(w, "печенье", "нож")

    answer = send(
        signed_in(w.amina), parcel, gross_mass_g="", line_2_count="1", line_2_reason="", line_1_is="чай"
    )

    form = answer.context["form"]
    assert form.errors == {"gross_mass_g": ["This field is required."], "line_2_count": ["Say why."]}
    assert (form["line_2_count"].value(), form["line_1_is"].value()) == ("1", "чай")
    assert said(answer) == [(2, "prohibit")]
    parcel.refresh_from_db()
    assert (parcel.status, lines(parcel)[1]) == ("registered", (2, 0, "kept", "SHARP"))


def test_more_than_there_are_cannot_be_taken_back(w: World) -> None:
    parcel = registered(w, "печенье")

    answer = send(signed_in(w.amina), parcel, line_1_count="2", line_1_reason="SHARP")

    assert answer.context["form"].errors.keys() == {"line_1_count"}
    assert lines(parcel) == [(1, 0, "kept", "FOOD_DRY")]


def test_double_click_takes_back_once(w: World) -> None:
    parcel, amina = registered(w, "печенье", "нож"), signed_in(w.amina)

    for _ in range(2):
        answer = send(amina, parcel, line_2_count="1", line_2_reason="SHARP")

    assert messages(answer) == ["This was done already: it is accepted."]
    assert (lines(parcel)[1], parcel.movements.count()) == ((2, 1, "returned", "SHARP"), 2)


def test_many_at_once_are_only_weighed(w: World) -> None:
    page = open_(signed_in(w.amina), registered(w, "нож"), registered(w, "нож"))

    assert (page.context["advice"], page.context["lines"]) == (None, [])


@pytest.mark.django_db
def test_nothing_tells_whether_the_addressee_is_known() -> None:
    w = world(quota_per_prisoner=1)
    amina, same = signed_in(w.amina), registered(w, "печенье", "нож")
    over, other = registered(w, "печенье", "нож"), registered(w, "печенье", "нож")
    Parcel.objects.filter(pk=over.pk).update(recipient=same.recipient)

    pages = [text(open_(amina, each)).replace(each.number, "N") for each in (same, over, other)]

    assert pages[0] == pages[1] == pages[2]


def test_who_stands_between_reads_no_contents(w: World) -> None:
    """Neither by the form of a move that is not theirs, nor where they record what the holding side states."""
    parcel, farid = registered(w, "печенье", "нож"), signed_in(w.farid)

    refused = send(farid, parcel)
    assert refused.context["form"].non_field_errors() == ["Your role does not allow this."]
    assert (refused.context["advice"], refused.context["lines"]) == (None, [])
    for word in ("нож", "sharp", "SHARP"):
        assert word not in text(refused)

    arrived = handed_over(w)
    admitted = farid.get(f"/admin/parcels/parcel/moves/admit/?parcel={arrived.number}")
    assert admitted.context["lines"] == []
    assert [field.name for field in admitted.context["form"].plain()] == [
        "examined_before", "happened_at", "on_behalf_of", "document",
    ]  # fmt: skip


def test_amendment_shows_lines_in_their_words(w: World) -> None:
    parcel = registered(w, "печенье", "нож")
    move(parcel, "accept", w.act(w.amina), gross_mass_g=6_000, place="x")
    drain("screen")

    page = signed_in(w.amina).get(f"/admin/parcels/parcel/moves/amend/?parcel={parcel.number}")

    assert [each.description for each in page.context["lines"]] == ["печенье", "нож"]


def test_lines_cost_no_queries_of_their_own(w: World) -> None:
    amina, costs = signed_in(w.amina), []
    for parcel in (registered(w, "нож"), registered(w, "нож", "мыло", "печенье")):
        with CaptureQueriesContext(connection) as asked:
            open_(amina, parcel)
        costs.append(len(asked))

    assert costs[0] == costs[1]
