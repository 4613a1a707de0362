"""What left the house, held against what the database says: with partners that really answer."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from faults.invariants import effects
from faults.invariants.effects import Call, Delivery, Effects
from faults.partners import MANNERS, Partner

ONE = Delivery("A", 1, "a", "delivered", 1)
TWO = Delivery("B", 1, "b", "delivered", 1)


def call(sha256: str, *, taken: bool = True, at: float = 1.0) -> Call:
    return Call(sha256, taken, at)


def test_effects_find_nothing_where_all_was_told_once_and_in_order() -> None:
    found = Effects([ONE, TWO], {"A": [call("a")], "B": [call("b", at=2.0)]}, [])
    for check in (
        effects.never_told, effects.told_differently, effects.told_uncounted, effects.told_out_of_order
    ):  # fmt: skip
        assert list(check(found)) == []


def test_effects_find_what_was_never_taken_still_waits_or_was_left_out() -> None:
    assert list(effects.never_told(Effects([ONE], {"A": [call("a", taken=False)]}, [])))
    assert list(effects.never_told(Effects([ONE._replace(state="waiting")], {"A": [call("a")]}, [])))
    assert list(effects.never_told(Effects([ONE], {"A": [call("a")]}, ["P 3"])))


def test_effects_find_another_body_and_an_id_that_is_nobodys() -> None:
    assert list(effects.told_differently(Effects([ONE], {"A": [call("a"), call("x")]}, [])))
    assert list(
        effects.told_differently(Effects([ONE], {"A": [call("a")], "followed-a-redirect": [call("")]}, []))
    )


def test_effects_find_what_was_told_more_often_than_it_was_claimed() -> None:
    assert list(effects.told_uncounted(Effects([ONE], {"A": [call("a"), call("a")]}, [])))
    twice = ONE._replace(attempts=2)
    assert not list(effects.told_uncounted(Effects([twice], {"A": [call("a"), call("a")]}, [])))


def test_effects_find_what_overtook() -> None:
    assert list(
        effects.told_out_of_order(Effects([ONE, TWO], {"A": [call("a", at=3.0)], "B": [call("b")]}, []))
    )
    # Told again after the second: it was the first time that counts.
    again = {"A": [call("a"), call("a", at=9.0)], "B": [call("b", at=2.0)]}
    assert not list(effects.told_out_of_order(Effects([ONE, TWO], again, [])))


@pytest.fixture
def partner(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Partner]:
    made = Partner(request.param, tmp_path / "calls.jsonl", seed=1)
    yield made
    made.close()


def tell(partner: Partner, times: int) -> list[int]:
    """Call so often; 0 stands for no whole answer."""
    found = []
    for place in range(times):
        web = http.client.HTTPConnection(urlsplit(partner.address).netloc, timeout=5)
        try:
            web.request("POST", "/hook", b"{}", {"webhook-id": f"msg_{place}"})
            answer = web.getresponse()
            answer.read(10)
            found.append(answer.status)
        except OSError:
            found.append(0)
        finally:
            web.close()
    return found


@pytest.mark.parametrize("partner", ["prompt", "failing", "redirecting", "huge"], indirect=True)
def test_partners_write_down_each_call_and_answer_after_their_manner(partner: Partner) -> None:
    statuses = tell(partner, 30)
    lines = [json.loads(line) for line in partner.calls.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"msg_{place}" for place in range(30)]
    assert [line["taken"] for line in lines] == [status == 204 for status in statuses]
    assert (set(statuses) == {204}) == (MANNERS[partner.manner] == 0)


@pytest.mark.parametrize("partner", ["failing", "redirecting"], indirect=True)
def test_partners_take_everything_once_they_are_well(partner: Partner) -> None:
    partner.is_well = True
    assert set(tell(partner, 20)) == {204}
