"""The review queue: blind second look, a tie for the coordinator, and who may not decide."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parcels.actions import Step, advance, vote
from parcels.models import LineDecision, Parcel
from parcels.screening import Finding
from people import actors
from people.models import Staff
from tests.factories import NOON, World, accepted, organisation, staff, world
from tests.parcels.admin.desk import messages, signed_in, text

QUEUE = "/admin/parcels/parcel/review/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def in_review(w: World) -> Parcel:
    parcel, rule = accepted(w, "печенье", "консервы"), w.terms.rules.get(category="FOOD_TIN")
    findings = [Finding(2, "FOOD_TIN", "review", rule.reason_code, rule.pk)]
    step = Step(parcel.number, "hold", NOON, details={"findings": ["FOOD_TIN"]}, findings=findings)
    advance([step], by=actors.worker(w.north.pk), now=NOON)
    return parcel


@pytest.fixture
def parcel(w: World) -> Parcel:
    return in_review(w)


def queue(member: Staff, show: str = "mine") -> list[tuple[str, str, bool]]:
    answer = signed_in(member).get(f"{QUEUE}?show={show}")
    assert answer.status_code == HTTPStatus.OK
    return [(due.parcel.number, due.stage, due.open) for due in answer.context["due"]]


def decide(member: Staff, parcel: Parcel, decision: str, **fields: str) -> Any:
    told = {"decision": decision, **fields}
    return signed_in(member).post(f"{QUEUE}{parcel.pk}/", told, follow=True)


def status(parcel: Parcel) -> str:
    return Parcel.objects.values_list("status", flat=True).get(pk=parcel.pk)


def test_queue_shows_what_was_found_and_how_far_it_is(w: World, parcel: Parcel) -> None:
    rule = w.terms.rules.get(category="FOOD_TIN")
    answer = signed_in(w.bruno).get(QUEUE)
    assert [due.findings for due in answer.context["due"]] == [
        [f"{rule.name_en} ({rule.reason_code.replace('_', ' ').lower()})"]
    ]
    assert queue(w.bruno) == [(parcel.number, "nobody has decided", True)]


@pytest.mark.parametrize("first", ["clear", "refuse"])
def test_second_screener_sees_that_one_decided_and_not_which_way(
    w: World, parcel: Parcel, first: Any
) -> None:
    before = text(signed_in(w.chiara).get(f"{QUEUE}{parcel.pk}/"))
    vote(parcel.number, first, by=w.act(w.bruno), now=NOON, reason="OVER_MASS")
    assert queue(w.chiara) == [(parcel.number, "one screener has decided", True)]
    after = text(signed_in(w.chiara).get(f"{QUEUE}{parcel.pk}/"))
    assert after == before.replace("nobody has decided", "one screener has decided")
    assert "decided" not in text(signed_in(w.chiara).get(f"/admin/parcels/parcel/{parcel.pk}/change/"))


def test_two_equal_decisions_settle_it(w: World, parcel: Parcel) -> None:
    assert messages(decide(w.bruno, parcel, "clear")) == [
        f"{parcel.number}: Recorded. It waits for a second screener."
    ]
    assert messages(decide(w.chiara, parcel, "clear")) == [f"{parcel.number}: Settled: it is now cleared."]
    assert status(parcel) == "cleared"


def test_decision_goes_on_to_the_next_parcel(w: World, parcel: Parcel) -> None:
    following = in_review(w)
    answer = decide(w.bruno, parcel, "clear")
    assert answer.redirect_chain == [(f"{QUEUE}{following.pk}/", HTTPStatus.FOUND)]


def test_who_has_decided_is_told_so_and_cannot_decide_again(w: World, parcel: Parcel) -> None:
    decide(w.bruno, parcel, "clear")
    assert queue(w.bruno) == []
    assert queue(w.bruno, "all") == [(parcel.number, "you have decided", False)]
    again = decide(w.bruno, parcel, "clear")
    assert again.context["form"].non_field_errors() == [
        "You have decided already, or this is for another role to decide."
    ]
    assert status(parcel) == "in_review"


def test_where_two_differ_a_coordinator_decides(w: World, parcel: Parcel) -> None:
    decide(w.bruno, parcel, "clear")
    assert messages(decide(w.chiara, parcel, "refuse", reason="METAL_CONTAINER")) == [
        f"{parcel.number}: Recorded. Two screeners differ: a coordinator decides."
    ]
    third = staff("dora", "screener", w.north)
    assert (queue(third), queue(third, "tie")) == (
        [], [(parcel.number, "two differ: a coordinator decides", False)],
    )  # fmt: skip
    assert queue(w.ivo) == [(parcel.number, "two differ: a coordinator decides", True)]
    decide(w.ivo, parcel, "refuse", reason="METAL_CONTAINER")
    assert status(parcel) == "refused"


def test_decision_on_a_line_is_kept(w: World, parcel: Parcel) -> None:
    for member in (w.bruno, w.chiara):
        decide(member, parcel, "refuse", reason="METAL_CONTAINER", line_2="prohibit")
    assert list(LineDecision.objects.values_list("line__number", "verdict")) == [(2, "prohibit")]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"decision": "refuse"},
            {"reason": ["Say why it is not accepted: the family reads the words for it."]},
        ),
        ({"decision": ""}, {"decision": ["This field is required."]}),
        (
            {"decision": "clear", "line_2": "prohibit"},
            {"decision": ["A parcel with a prohibited line cannot be cleared."]},
        ),
    ],
)
def test_ballot_that_is_not_whole_is_shown_again(
    w: World, parcel: Parcel, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    answer = decide(w.bruno, parcel, **fields)
    assert (answer.status_code, answer.context["form"].errors) == (HTTPStatus.BAD_REQUEST, errors)
    assert queue(w.chiara) == [(parcel.number, "nobody has decided", True)]


def test_reasons_begin_with_what_was_found(w: World, parcel: Parcel) -> None:
    form = signed_in(w.bruno).get(f"{QUEUE}{parcel.pk}/").context["form"]
    codes = [code for code, _ in form.fields["reason"].choices]
    assert codes[:2] == ["", "METAL_CONTAINER"]
    assert not {"OVER_QUOTA", "SECOND_LOOK", "BEING_CHECKED"} & set(codes)


def test_frozen_parcel_is_not_decided(w: World, parcel: Parcel) -> None:
    Parcel.objects.update(frozen=True)
    assert queue(w.bruno, "all") == [(parcel.number, "nobody has decided", False)]
    assert decide(w.bruno, parcel, "clear").context["form"].non_field_errors() == [
        "This parcel is frozen until two officers release it."
    ]
    assert status(parcel) == "in_review"


@pytest.mark.parametrize("who", ["amina", "dawit", "elena", "gita"])
def test_other_roles_have_no_queue(w: World, parcel: Parcel, who: str) -> None:
    member = signed_in(getattr(w, who))
    assert member.get(QUEUE).status_code == HTTPStatus.FORBIDDEN
    assert member.post(f"{QUEUE}{parcel.pk}/", {"decision": "clear"}).status_code == HTTPStatus.FORBIDDEN
    assert status(parcel) == "in_review"


def test_screener_of_another_organisation_finds_nothing(w: World, parcel: Parcel) -> None:
    stranger = staff("zora", "screener", organisation("west"))
    assert queue(stranger, "all") == []
    assert signed_in(stranger).get(f"{QUEUE}{parcel.pk}/").status_code == HTTPStatus.NOT_FOUND
    holding = staff("yusuf", "screener", w.south)
    assert queue(holding, "all") == []
    assert signed_in(holding).get(f"{QUEUE}{parcel.pk}/").status_code == HTTPStatus.FORBIDDEN


def test_queue_asks_as_often_for_three_parcels_as_for_one(w: World) -> None:
    counts = []
    for _ in range(3):
        in_review(w)
        client = signed_in(w.bruno)
        with CaptureQueriesContext(connection) as queries:
            client.get(QUEUE)
        counts.append(len(queries))
    assert counts[0] == counts[2]
