from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from exchanges.actions import make_round
from exchanges.models import Round
from parcels.models import Finding, Line, Parcel
from tests.factories import World, world
from tests.partners import Partner, problem, told

pytestmark = pytest.mark.django_db
PATH = "/api/v1/screenings/"


@pytest.fixture
def w() -> World:
    return world(second_look_share=1, quota_per_prisoner=1)


def ask(*descriptions: str, language: str = "en", **more: object) -> Any:
    items = [{"description": text, "quantity": 1, "unit_mass_g": 100} for text in descriptions]
    return Browser().post(
        PATH, {"items": items} | more, content_type="application/json",
        headers={"accept-language": language},
    )  # fmt: skip


def another_round(w: World, **fields: object) -> Round:
    plain = {
        "reference": "january", "agreement": w.round.agreement, "terms": w.terms, "sending": w.north,
        "holding": w.south, "status": Round.Status.COLLECTING, "target": 5, "opens_on": w.round.opens_on,
        "closes_on": w.round.closes_on, "collection_point": "1", "open_to_public": True,
    }  # fmt: skip
    return make_round(**plain | fields)


def test_screening_says_what_may_travel(w: World) -> None:
    answer = ask("печенье", "водка", language="uk")

    rule = w.terms.rules.get(category="ALCOHOL")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {
        "verdict": "prohibit",
        "findings": [
            {
                "line": 2,
                "category": "ALCOHOL",
                "verdict": "prohibit",
                "reason": {"code": "ALCOHOL", "text": rule.family_reason_uk},
            }
        ],
    }


def test_screening_of_allowed_things_finds_nothing(w: World) -> None:
    assert ask("печенье", "soap").json() == {"verdict": "allow", "findings": []}


def test_books_do_not_go_with_food(w: World) -> None:
    told = ask("печенье", "книга").json()

    assert (told["verdict"], [each["reason"]["code"] for each in told["findings"]]) == (
        "prohibit",
        ["BOOKS_APART"],
    )


def test_screening_stores_nothing(w: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        ask("водка")

    writes = [
        each["sql"] for each in asked if any(word in each["sql"] for word in ("INSERT", "UPDATE", "throttle"))
    ]
    assert [sql.count("FROM throttle(") for sql in writes] == [1]
    assert (Parcel.objects.count(), Line.objects.count(), Finding.objects.count()) == (0, 0, 0)


def test_screening_needs_its_round_named_where_several_collect(w: World) -> None:
    another_round(w)

    assert problem(ask("soap")) == (400, "/problems/validation")
    assert ask("soap", round="january").json()["verdict"] == "allow"


@pytest.mark.parametrize(
    "fields", [{"open_to_public": False}, {"status": Round.Status.CLOSED}, {"status": Round.Status.PROPOSED}]
)
def test_only_public_collecting_rounds_are_there(w: World, fields: dict[str, object]) -> None:
    another_round(w, **fields)

    hidden, unknown = ask("soap", round="january"), ask("soap", round="nothing")

    assert problem(hidden) == (400, "/problems/validation")
    assert told(hidden) == told(unknown)
    assert ask("soap").status_code == 200


def test_without_a_round_it_waits(w: World) -> None:
    Round.objects.update(open_to_public=False)

    assert problem(ask("soap")) == (409, "/problems/not-now")


@pytest.mark.parametrize("items", [[], None, [5], [{"description": "x"}], "soap"])
def test_items_of_another_form_are_refused(w: World, items: object) -> None:
    answer = Browser().post(PATH, {"items": items}, content_type="application/json")

    assert problem(answer) == (400, "/problems/validation")


def test_screenings_are_throttled_by_network(w: World) -> None:
    for _ in range(60):
        assert ask("soap").status_code == 200

    answer = ask("soap")

    assert problem(answer) == (429, "/problems/throttled")
    assert int(answer["Retry-After"]) > 0
    elsewhere = Browser(REMOTE_ADDR="127.0.1.7").post(
        PATH, {"items": [{"description": "soap", "quantity": 1, "unit_mass_g": 1}]},
        content_type="application/json",
    )  # fmt: skip
    assert elsewhere.status_code == 200


def test_token_of_any_kind_is_not_asked_for(w: World) -> None:
    asked = {"items": [{"description": "soap", "quantity": 1, "unit_mass_g": 1}]}

    assert Partner("no token at all").post(PATH, asked, key=None).status_code == 200
