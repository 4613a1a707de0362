import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from config.scratch import Database
from parcels import codes
from parcels.models import Parcel
from tests.factories import NOON, World, accepted, handed_over, move, registered, world
from tests.partners import problem, told

PATH = "/api/v1/track/"
UNKNOWN = codes.receipt_code(b"another key", bytes(16))


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def w(db: None) -> World:
    return world()


def code_of(parcel: Parcel) -> str:
    return codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))


def ask(code: object, browser: Browser | None = None) -> Any:
    return (browser or Browser()).post(PATH, {"receipt_code": code}, content_type="application/json")


def test_track_tells_the_familys_words(w: World) -> None:
    answer = ask(code_of(accepted(w)))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "status": "taken_in",
        "since_on": "2026-11-20",
        "usual_days": [0, 1],
        "timeline": [
            {"status": "registered", "since_on": "2026-11-20"},
            {"status": "taken_in", "since_on": "2026-11-20"},
        ],
        "receipt": None,
        "next_look_on": "2026-11-21",
    }


def test_track_tells_the_grade_of_a_receipt(w: World, clock: time_machine.Traveller) -> None:
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="partly")
    clock.move_to(NOON + timedelta(days=8))

    told = ask(code_of(parcel)).json()

    assert (told["status"], told["receipt"]) == (
        "receipt_reported",
        {"grade": "holding_list", "complete": "partly"},
    )


def test_track_asks_the_database_once(w: World) -> None:
    code = code_of(registered(w))

    with CaptureQueriesContext(connection) as asked:
        assert ask(code).status_code == 200

    assert len(asked) <= 1


def test_wrong_unknown_and_withdrawn_codes_are_answered_alike(w: World) -> None:
    parcel = registered(w)
    withdrawn = code_of(parcel)
    Parcel.objects.update(code_hash=None)

    answers = [ask(code) for code in (withdrawn, UNKNOWN, UNKNOWN[:-1], "", "x" * 500, "\0", "код")]

    assert [problem(answer) for answer in answers] == [(404, "/problems/not-found")] * 7
    assert len({(told(answer), tuple(sorted(answer.headers.items()))) for answer in answers}) == 1


def test_code_is_read_as_people_type_it(w: World) -> None:
    code = code_of(registered(w))

    typed = (code.lower(), code.replace("-", " "), code.replace("-", ""))
    assert [ask(text).status_code for text in typed] == [200, 200, 200]


def test_answer_is_kept_nowhere_and_sets_no_cookie(w: World) -> None:
    for code in (code_of(registered(w)), UNKNOWN):
        answer = ask(code)
        assert (answer["Cache-Control"], answer.cookies.output()) == ("no-store", "")


def test_wrong_codes_are_throttled_and_right_ones_never(w: World) -> None:
    right = code_of(registered(w))
    for _ in range(10):
        assert ask(right).status_code == 200
        assert ask(UNKNOWN).status_code == 404

    answer = ask(UNKNOWN)

    assert problem(answer) == (429, "/problems/throttled")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert ask(right).status_code == 200
    assert ask(UNKNOWN, Browser(REMOTE_ADDR="127.0.1.7")).status_code == 404


def test_of_many_wrong_codes_at_once_exactly_the_limit_is_answered(committed_db: Database) -> None:
    def guess(_: int) -> int:
        try:
            return int(ask(UNKNOWN).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(guess, range(40)))

    assert statuses == [404] * 10 + [429] * 30


@pytest.mark.parametrize(
    "body",
    [" ", "{", "[]", "5", "{}", '{"receipt_code": null}', '{"receipt_code": 5}', '{"code": "x"}',
     '{"receipt_code": "x", "more": 1}', b"\xff", "[" * 4000],
)  # fmt: skip
def test_body_of_another_form_is_refused(db: None, body: str | bytes) -> None:
    answer = Browser().post(PATH, body, content_type="application/json")

    assert problem(answer) == (400, "/problems/validation")


def test_half_of_a_surrogate_pair_is_no_code(w: World) -> None:
    answer = Browser().post(PATH, '{"receipt_code": "\\ud800"}', content_type="application/json")

    assert problem(answer) == (404, "/problems/not-found")


def test_large_body_is_refused(db: None) -> None:
    answer = Browser().post(PATH, json.dumps({"receipt_code": "x" * 5000}), content_type="application/json")

    assert problem(answer) == (413, "/problems/too-large")


def test_another_type_is_refused(db: None) -> None:
    answer = Browser().post(PATH, {"receipt_code": UNKNOWN})

    assert problem(answer) == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize("method", ["get", "put", "delete", "options", "patch"])
def test_another_method_is_refused(db: None, method: str) -> None:
    answer = getattr(Browser(), method)(PATH)

    assert problem(answer) == (405, "/problems/method-not-allowed")
    assert answer["Allow"] == "POST"


def test_forgery_check_does_not_stand_in_the_way(w: World) -> None:
    strict = Browser(enforce_csrf_checks=True)

    assert ask(code_of(registered(w)), strict).status_code == 200
