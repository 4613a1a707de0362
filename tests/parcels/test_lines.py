import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from parcels.actions import Described, Result, Step, advance
from parcels.declared import declared_items
from parcels.models import Line, Parcel
from parcels.workers import drain
from people import actors
from tests.factories import NOON, World, accepted, move, registered, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def refused(w: World) -> Parcel:
    """Not accepted as packed: line 1 biscuits, line 2 two knives of 500 g."""
    parcel = accepted(w, "печенье", "нож")
    Line.objects.filter(parcel=parcel, number=2).update(quantity=2)
    return move(parcel, "refuse", actors.worker(w.north.pk), reason="SHARP")


def amend(w: World, parcel: Parcel, *described: Described, **details: object) -> Result:
    told = {"gross_mass_g": 6_000, "lines_removed": []} | details
    step = Step(parcel.number, "amend", NOON, details=told, described=described)
    (result,) = advance([step], by=w.act(w.amina), now=NOON)
    parcel.refresh_from_db()
    return result


def accept(w: World, parcel: Parcel, *described: Described, **details: object) -> Result:
    told = {"gross_mass_g": 6_000, "place": "counter 1"} | details
    step = Step(parcel.number, "accept", NOON, details=told, described=described)
    (result,) = advance([step], by=w.act(w.amina), now=NOON)
    parcel.refresh_from_db()
    return result


def lines(parcel: Parcel) -> list[tuple[int, int, int, str, str, int]]:
    rows = parcel.lines.order_by("number")
    return list(rows.values_list("number", "quantity", "removed", "fate", "category", "described_at"))


def test_line_described_anew_is_a_new_line_and_leaves_the_declared_one(w: World, refused: Parcel) -> None:
    assert amend(w, refused, Described(2, "мыло", 120)).status == "accepted"

    (_, declared, anew) = lines(refused)
    assert declared == (2, 2, 2, "described_anew", "SHARP", 1)
    assert anew == (3, 2, 0, "kept", "HYGIENE", refused.last_number)
    assert refused.lines.get(number=3).unit_mass_g == 120


def test_movement_keeps_the_numbers_and_not_the_words(w: World, refused: Parcel) -> None:
    amend(w, refused, Described(2, "мыло для Павла"))

    details = refused.movements.latest("number").details
    assert details["lines_described"] == [{"line": 2, "count": 2, "now": 3}]
    assert "мыло" not in str(details)
    assert "мыло".encode() not in bytes(refused.lines.get(number=3).sealed_description)


def test_what_is_taken_out_is_not_described(w: World, refused: Parcel) -> None:
    removed = [{"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}]

    amend(w, refused, Described(2, "мыло"), lines_removed=removed)

    assert [row[:3] for row in lines(refused)] == [(1, 1, 0), (2, 2, 2), (3, 1, 0)]


def test_screening_reads_the_new_words(w: World, refused: Parcel) -> None:
    amend(w, refused, Described(2, "мыло"))

    drain("screen")

    refused.refresh_from_db()
    assert refused.status == "cleared"


def test_who_reads_what_was_declared_reads_no_new_words(w: World, refused: Parcel) -> None:
    amend(w, refused, Described(2, "мыло"))

    told = declared_items(refused, as_declared=True)
    assert [item["description"] for item in told] == ["печенье", "нож"]
    assert [item["description"] for item in declared_items(refused, as_declared=False)] == [
        "печенье", "нож", "мыло",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "described",
    [
        [Described(9, "мыло")],
        [Described(2, "")],
        [Described(2, "x" * 301)],
        [Described(2, "мыло"), Described(2, "чай")],
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    w: World, refused: Parcel, described: list[Described]
) -> None:
    before = lines(refused)

    assert amend(w, refused, *described).problem == "validation"

    assert (refused.status, lines(refused)) == ("refused", before)


def test_line_of_which_nothing_is_left_is_not_described(w: World, refused: Parcel) -> None:
    removed = [{"line": 2, "count": 2, "reason": "SHARP", "fate": "returned"}]

    assert amend(w, refused, Described(2, "мыло"), lines_removed=removed).problem == "validation"


def test_numbers_of_new_lines_are_not_the_callers_to_tell(w: World, refused: Parcel) -> None:
    told = [{"line": 2, "count": 2, "now": 1}]

    assert amend(w, refused, lines_described=told).problem == "validation"


@pytest.mark.parametrize("removed", [[], [{"line": 99, "count": 1, "reason": "x", "fate": "returned"}]])
def test_only_who_takes_it_in_describes_anew(w: World, removed: list[object]) -> None:
    parcel, details = accepted(w, "печенье"), {"reason": "x", "lines_removed": removed}
    step = Step(parcel.number, "send_back", NOON, details=details, described=[Described(1, "чай")])

    (result,) = advance([step], by=w.act(w.dawit), now=NOON)

    assert (result.problem, parcel.lines.count()) == ("validation", 1)


def test_what_the_sender_takes_back_at_the_counter_is_not_taken_in(w: World) -> None:
    parcel = registered(w, "печенье", "нож")
    removed = [{"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}]

    assert accept(w, parcel, lines_removed=removed).status == "accepted"

    assert [row[:4] for row in lines(parcel)] == [(1, 1, 0, "kept"), (2, 1, 1, "returned")]
    assert parcel.movements.latest("number").details["lines_removed"] == removed
    drain("screen")
    parcel.refresh_from_db()
    assert parcel.status == "cleared"


def test_what_is_found_at_the_counter_is_screened_by_its_words(w: World) -> None:
    parcel = registered(w, "печенье", "мыло")

    assert accept(w, parcel, Described(2, "нож")).status == "accepted"

    assert [row[:5] for row in lines(parcel)] == [
        (1, 1, 0, "kept", "FOOD_DRY"), (2, 1, 1, "described_anew", "HYGIENE"), (3, 1, 0, "kept", "SHARP"),
    ]  # fmt: skip
    drain("screen")
    parcel.refresh_from_db()
    assert parcel.status == "refused"


@pytest.mark.parametrize(
    "removed",
    [
        {},
        [{"line": 1, "count": 2, "reason": "SHARP", "fate": "returned"}],
        [{"line": 9, "count": 1, "reason": "SHARP", "fate": "returned"}],
        [{"line": 1, "count": 1, "reason": "", "fate": "returned"}],
        [{"line": 1, "count": 1, "reason": "SHARP", "fate": "eaten"}],
    ],
)
def test_what_cannot_have_been_taken_back_is_refused_and_nothing_changes(w: World, removed: object) -> None:
    parcel = registered(w, "печенье")

    assert accept(w, parcel, lines_removed=removed).problem == "validation"

    assert (parcel.status, lines(parcel)) == ("registered", [(1, 1, 0, "kept", "FOOD_DRY", 1)])


def test_accept_sent_twice_takes_out_once(w: World) -> None:
    parcel = registered(w, "печенье", "нож")
    details = {
        "gross_mass_g": 6_000, "place": "counter 1",
        "lines_removed": [{"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}],
    }  # fmt: skip
    step = Step(parcel.number, "accept", NOON, "scan-1", details, described=[Described(1, "чай")])

    told = [advance([step], by=w.act(w.amina), now=NOON)[0].result for _ in range(2)]

    assert (told, [row[:3] for row in lines(parcel)]) == (
        ["moved", "repeated"],
        [(1, 1, 1), (2, 1, 1), (3, 1, 0)],
    )


def test_taking_in_many_asks_for_lines_only_where_some_are_told(
    w: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def steps(parcels: list[Parcel], **details: object) -> list[Step]:
        told = {"gross_mass_g": 6_000, "place": "counter 1"} | details
        return [Step(parcel.number, "accept", NOON, details=told) for parcel in parcels]

    removed = [{"line": 1, "count": 1, "reason": "SHARP", "fate": "returned"}]
    by, plain, told = w.act(w.amina), [registered(w) for _ in range(4)], [registered(w) for _ in range(4)]
    with CaptureQueriesContext(connection) as few:
        advance(steps(plain[:1]), by=by, now=NOON)
    with django_assert_num_queries(len(few)):
        advance(steps(plain[1:]), by=by, now=NOON)
    for parcels in (told[:1], told[1:]):
        with django_assert_num_queries(len(few) + 2):
            advance(steps(parcels, lines_removed=removed), by=by, now=NOON)
