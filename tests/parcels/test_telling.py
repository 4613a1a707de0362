"""Whatever a step says, `advance` answers: it never raises, and what it keeps can be read again."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcels.actions import Step, advance
from parcels.lifecycle import COMPLETE, EVIDENCE, EXAMINED_BEFORE, MOVES, Status
from parcels.models import Parcel
from people import actors
from people.actors import Actor
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    consignment,
    dispatched,
    handed_over,
    move,
    packed,
    registered,
    world,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


KEYS = (
    "gross_mass_g", "place", "reason", "findings", "lines_removed", "rules_version", "consignment", "seal",
    "old_seal", "new_seal", "act", "examined_before", "evidence", "complete", "said_by", "method", "where",
    "on_behalf_of", "document", "corrects", "declaration", "last_holder", "searched", "cites", "move",
)  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=2**80), st.floats(), st.text(max_size=60),
    st.sampled_from((*EVIDENCE, *COMPLETE, *EXAMINED_BEFORE, *Status, "SEAL-1", "found", "north", "\x00")),
    st.sampled_from((6_000, "x" * 30_000, "\ud800", float("nan"))),
)  # fmt: skip
LINE = st.fixed_dictionaries(
    {},
    optional={
        "line": PLAIN, "count": st.one_of(st.just(1), PLAIN), "reason": PLAIN,
        "fate": st.one_of(st.just("given"), PLAIN),
    },
)  # fmt: skip
VALUE = st.one_of(
    PLAIN,
    st.lists(LINE, max_size=3),
    st.recursive(PLAIN, lambda v: st.lists(v) | st.dictionaries(st.text(), v)),
)
DETAILS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), VALUE, max_size=12)
NEEDED = {name: st.fixed_dictionaries(dict.fromkeys(each.needs, VALUE)) for name, each in MOVES.items()}


@pytest.mark.parametrize("version", [True, "1", 1.0, 0, 2**15, None])
def test_version_of_rules_is_a_number(w: World, version: object) -> None:
    step = Step(accepted(w).number, "screen_pass", NOON, None, {"rules_version": version})

    (result,) = advance([step], by=actors.worker(w.north.pk), now=NOON)

    assert (result.result, result.problem) == ("refused", "validation")


def test_no_details_make_advance_fail(w: World) -> None:
    into = consignment(w)
    numbers = [
        each.number
        for each in (
            registered(w), accepted(w), cleared(w), packed(w, into), dispatched(w), handed_over(w),
            move(handed_over(w), "report_missing", w.act(w.elena)),
        )
    ]  # fmt: skip
    everything = frozenset({"registrar", "screener", "dispatcher", "liaison", "coordinator", "logistics"})
    ours, theirs = (
        Actor("staff", organisation.pk, everything, staff_id=w.amina.pk)
        for organisation in (w.north, w.south)
    )

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def answers(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(list(MOVES)))
        details = {**data.draw(DETAILS), **data.draw(NEEDED[name])}
        by = data.draw(st.sampled_from((ours, theirs, actors.worker(w.north.pk))))
        parcel = data.draw(st.sampled_from(numbers))

        (result,) = advance([Step(parcel, name, NOON, None, details)], by=by, now=NOON)

        assert (result.result == "refused") == (result.problem is not None)

    answers()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def one(w: World, parcel: Parcel, step: Step) -> tuple[str, str | None, str, int]:
    (result,) = advance([step], by=w.act(w.amina), now=NOON)
    parcel.refresh_from_db()
    return result.result, result.problem, result.detail, parcel.last_number


@pytest.mark.parametrize(
    "at",
    [NOON.replace(tzinfo=None), NOON.replace(year=1), NOON.replace(year=1999), NOON + timedelta(minutes=6)],
)
def test_time_that_cannot_be_is_refused(w: World, at: datetime) -> None:
    parcel = registered(w)

    assert one(w, parcel, Step(parcel.number, "cancel", at)) == ("refused", "validation", "happened_at", 1)


@pytest.mark.parametrize("external_id", ["", "a\x00b", "\ud800", "x" * 101])
def test_external_id_that_cannot_be_kept_is_refused(w: World, external_id: str) -> None:
    parcel = registered(w)

    asked = Step(parcel.number, "cancel", NOON, external_id)
    assert one(w, parcel, asked) == ("refused", "validation", "external_id", 1)


@pytest.mark.parametrize("number", ["", "PZ\x00", "\ud800", "ПЗ000000015", "x" * 100_000])
def test_parcel_that_cannot_be_is_unknown(w: World, number: str) -> None:
    (result,) = advance([Step(number, "cancel", NOON)], by=w.act(w.amina), now=NOON)

    assert result.problem == "unknown-parcel"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("place", "a\x00b"), ("place", ["counter"]), ("place", "x" * 121), ("place", 7),
        ("gross_mass_g", 2**70), ("gross_mass_g", True), ("gross_mass_g", 6_000.0), ("gross_mass_g", "6000"),
    ],
)  # fmt: skip
def test_detail_of_another_kind_is_refused_by_name(w: World, key: str, value: object) -> None:
    parcel = registered(w)

    asked = Step(parcel.number, "accept", NOON, None, {"gross_mass_g": 6_000, "place": "x", key: value})
    assert one(w, parcel, asked) == ("refused", "validation", key, 1)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "a\x00b", "\udfff", "x" * 20_000, {1, 2}, [10**5_000]]
)
def test_details_that_cannot_be_kept_are_refused(w: World, value: object) -> None:
    parcel = registered(w)

    asked = Step(parcel.number, "cancel", NOON, None, {"remark": value})
    assert one(w, parcel, asked) == ("refused", "validation", "details", 1)


@pytest.mark.parametrize("key", ["cites", "event", "rules_version", "situation"])
def test_what_the_workers_go_by_is_told_by_nobody_else(w: World, key: str) -> None:
    parcel = registered(w)

    assert one(w, parcel, Step(parcel.number, "cancel", NOON, None, {key: 1})) == (
        "refused", "validation", key, 1,
    )  # fmt: skip
