"""When a delivery is tried again, and how an answer is judged."""

import pytest

from people.relay.schedule import AFTER_S, ATTEMPTS, MOST_ASKED_S, Outcome, outcome_of, wait_s

FAILED = Outcome("timeout")


def test_schedule_is_that_of_standard_webhooks_and_about_76_hours_long() -> None:
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert [seconds / 3600 for seconds in AFTER_S] == pytest.approx(hours)
    assert 75 < sum(AFTER_S) / 3600 < 77


def test_wait_grows_and_ends_with_the_last_attempt() -> None:
    waits = [wait_s(attempt, FAILED) for attempt in range(1, ATTEMPTS + 1)]

    assert waits == [*AFTER_S, None]


def test_wait_is_as_long_as_the_receiver_asks_but_no_shorter_than_its_turn() -> None:
    assert wait_s(1, Outcome("status 429", retry_after_s=120)) == 120
    assert wait_s(3, Outcome("status 429", retry_after_s=1)) == AFTER_S[2]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_2xx(status: int) -> None:
    assert outcome_of(status, {}).delivered


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 429, 500, 502, 503, 504])
def test_everything_else_failed_also_a_redirect(status: int) -> None:
    found = outcome_of(status, {"Location": "http://127.0.0.1/"})

    assert (found.delivered, found.gone, found.reason) == (False, False, f"status {status}")


def test_410_is_gone() -> None:
    assert outcome_of(410, {}) == Outcome("status 410", gone=True)


@pytest.mark.parametrize(
    ("asked", "after_s"),
    [
        ("30", 30),
        ("999999999", MOST_ASKED_S),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("٣", None),
    ],
)
def test_retry_after_is_believed_in_seconds_and_up_to_a_day(asked: str, after_s: int | None) -> None:
    assert outcome_of(503, {"Retry-After": asked}).retry_after_s == after_s
