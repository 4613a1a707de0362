"""The rounds of one's organisations over time."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchanges.actions import change_round, make_round
from exchanges.models import Round
from tests.factories import World, organisation, staff, world
from tests.signing_in import signed_in

PAGE = "/admin/exchanges/round/calendar/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def more(w: World, reference: str) -> Round:
    return make_round(
        reference=reference, agreement=w.terms.agreement, terms=w.terms, sending=w.south, holding=w.north,
        status="proposed", target=5, opens_on=date(2027, 1, 1), closes_on=date(2027, 1, 31),
        collection_point="x",
    )  # fmt: skip


def test_round_is_shown_as_a_row_and_in_the_picture(w: World) -> None:
    shown = signed_in(w.gita).get(PAGE)
    assert [row["round"] for row in shown.context["rows"]] == [w.round]
    assert [row["reference"] for row in shown.context["picture"]["rows"]] == ["december"]
    assert "<svg" in shown.content.decode()


def test_what_a_round_reached_is_told_with_its_day(w: World) -> None:
    change_round(w.round, "closed", by=w.act(w.ivo))
    (row,) = signed_in(w.gita).get(PAGE).context["rows"]
    today = timezone.localdate()
    assert row["milestones"] == [("collecting", today), ("closed", today)]


def test_round_past_its_last_day_is_overdue_to_close(w: World) -> None:
    today = timezone.localdate()
    for closes_on, late in ((today, False), (today - timedelta(days=1), True)):
        Round.objects.update(opens_on=today - timedelta(days=9), closes_on=closes_on)
        (row,) = signed_in(w.gita).get(PAGE).context["rows"]
        assert row["late"] is late
        listed = signed_in(w.gita).get("/admin/exchanges/round/", {"to_close": "yes"})
        assert (listed.context["cl"].result_count == 1) is late
        # Nobody but an officer closes it.
        assert Round.objects.get().status == "collecting"


def test_rounds_of_others_are_not_there(w: World) -> None:
    zora = staff("zora", "coordinator", organisation("west"))
    shown = signed_in(zora).get(PAGE)
    assert (shown.context["rows"], "december" in shown.content.decode()) == ([], False)


def test_intermediary_is_not_named(w: World) -> None:
    for member in (w.bruno, w.gita, w.elena):
        assert "Harbour" not in signed_in(member).get(PAGE).content.decode()


def test_three_rounds_ask_as_often_as_one(w: World) -> None:
    client = signed_in(w.gita)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        client.get(PAGE)
    for reference in ("january", "february"):
        more(w, reference)
    with CaptureQueriesContext(connection) as three:
        assert len(client.get(PAGE).context["rows"]) == 3
    assert len(one) == len(three)
