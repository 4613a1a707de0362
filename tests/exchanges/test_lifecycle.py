import pytest

from exchanges import models
from exchanges.lifecycle import (
    AGREEMENT,
    ALL,
    CLAIM,
    EXCHANGE,
    ON_A_LIST,
    ON_A_RETURN,
    RETURN,
    ROUND,
    STAGE,
    VISIT,
    Lifecycle,
)


@pytest.mark.parametrize("lifecycle", ALL, ids=lambda lifecycle: lifecycle.name)
def test_every_status_is_reached_from_where_it_begins(lifecycle: Lifecycle) -> None:
    reached, waiting = set(), [lifecycle.begins]
    while waiting:
        status = waiting.pop()
        if status not in reached:
            reached.add(status)
            waiting.extend(lifecycle.steps.get(status, ()))
    assert reached == set(lifecycle.statuses)


@pytest.mark.parametrize("lifecycle", ALL, ids=lambda lifecycle: lifecycle.name)
def test_no_status_follows_itself(lifecycle: Lifecycle) -> None:
    assert [status for status in lifecycle.statuses if lifecycle.allows(status, status)] == []


def test_what_models_keep_is_what_tables_name() -> None:
    assert set(models.Agreement.Status.values) == set(AGREEMENT.statuses)
    assert set(models.Round.Status.values) == set(ROUND.statuses)
    assert set(models.Return.Status.values) == set(RETURN.statuses)
    assert set(models.ReturnPerson.Status.values) == set(ON_A_RETURN.statuses)
    assert set(models.Claim.Status.values) == set(CLAIM.statuses)


def test_an_end_is_a_status_from_which_nothing_leads_on() -> None:
    def ends(lifecycle: Lifecycle) -> set[str]:
        return set(lifecycle.statuses) - set(lifecycle.steps)

    assert ends(AGREEMENT) == {"expired", "terminated"}
    assert ends(ROUND) == {"reported", "cancelled"}
    assert ends(VISIT) == {"reported", "cancelled"}
    assert ends(EXCHANGE) == {"completed", "cancelled"}
    assert ends(STAGE) == {"finished"}
    assert ends(ON_A_LIST) == {"exchanged", "removed"}
    assert ends(RETURN) == {"returned"}
    assert ends(ON_A_RETURN) == {"returned"}
    assert ends(CLAIM) == {"corrected", "withdrawn"}


def test_a_return_that_fell_through_is_negotiated_again() -> None:
    assert RETURN.allows("fell_through", "negotiating")
    assert not RETURN.allows("fell_through", "travelling")
