import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.scratch import Database
from parcels.models import Movement, Parcel
from people import actors
from tests import factories
from tests.factories import NOON, World, accepted, consignment, dispatched, handed_over, registered, world
from tests.partners import Partner, partner, problem

MOVES = "/api/v1/moves/"


@pytest.fixture(autouse=True)
def an_hour_later() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def north(w: World) -> Partner:
    return partner(w.north, "registrar", "dispatcher", "liaison")


@pytest.fixture
def south(w: World) -> Partner:
    return partner(w.south, "logistics")


@pytest.fixture
def harbour(w: World) -> Partner:
    return partner(w.harbour, "liaison")


def row(parcel: Parcel | str, move: str, external_id: str, **details: object) -> dict[str, Any]:
    number = parcel if isinstance(parcel, str) else parcel.number
    return {
        "parcel": number,
        "move": move,
        "happened_at": "2026-11-20T12:30:00Z",
        "external_id": external_id,
    } | details


def send(mover: Partner, *rows: object) -> list[dict[str, Any]]:
    answer = mover.post(MOVES, {"moves": rows})
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    assert [each["index"] for each in results] == list(range(len(rows)))
    return results


def refused(mover: Partner, *rows: object) -> list[str]:
    """Return the problems of moves that must all be refused and change nothing."""
    before = (list(Parcel.objects.order_by("pk").values()), Movement.objects.count())

    results = send(mover, *rows)

    assert (list(Parcel.objects.order_by("pk").values()), Movement.objects.count()) == before
    assert {(each["result"], each["number"], each["status"]) for each in results} == {("refused", None, None)}
    return [each["problem"] for each in results]


def test_move_moves(w: World, north: Partner) -> None:
    parcel = registered(w)

    (told,) = send(north, row(parcel, "accept", "a-1", gross_mass_g=6000, place="1"))

    assert told == {
        "index": 0,
        "parcel": parcel.number,
        "external_id": "a-1",
        "result": "moved",
        "number": 2,
        "status": "accepted",
        "problem": None,
    }
    movement = Movement.objects.get(move="accept")
    assert (movement.actor, movement.organisation, movement.external_id, movement.details) == (
        "client",
        w.north,
        "a-1",
        {"gross_mass_g": 6000, "place": "1"},
    )
    assert movement.happened_at == NOON + timedelta(minutes=30)


def test_repeat_is_told_and_changes_nothing(w: World, north: Partner) -> None:
    asked = row(registered(w), "accept", "a-1", gross_mass_g=6000, place="1")
    (first,) = send(north, asked)

    (again,) = send(north, asked)

    assert again == first | {"result": "repeated"}
    assert Movement.objects.count() == 2


def test_fact_that_does_not_fit_is_observed(w: World, south: Partner) -> None:
    parcel = dispatched(w)

    (told,) = send(south, row(parcel, "admit", "x-1", examined_before="addressee"))

    assert (told["result"], told["number"], told["status"], told["problem"]) == (
        "observed",
        6,
        "dispatched",
        None,
    )


def test_rows_stand_for_themselves(w: World, north: Partner) -> None:
    first, second = registered(w), registered(w)

    results = send(
        north,
        row(first, "accept", "a-1", gross_mass_g=6000, place="1"),
        row(second, "accept", "a-2"),
        5,
        row(second, "accept", "a-3", gross_mass_g=6000, place="1"),
    )

    assert [(each["result"], each["problem"]) for each in results] == [
        ("moved", None),
        ("refused", "missing-detail"),
        ("refused", "validation"),
        ("refused", "missing-detail"),  # all or nothing for each parcel
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"parcel": None},
        {"parcel": 5},
        {"move": ["accept"]},
        {"move": "fly"},
        {"happened_at": "yesterday"},
        {"happened_at": "2026-11-20T12:30:00"},
        {"happened_at": "2026-11-20"},
        {"happened_at": 5},
        {"happened_at": "1970-01-01T00:00:00Z"},
        {"happened_at": "9999-12-31T23:59:59-23:59"},
        {"happened_at": "2026-11-20T13:06:00Z"},
        {"external_id": None},
        {"external_id": ""},
        {"external_id": "x" * 101},
        {"gross_mass_g": "6000"},
        {"gross_mass_g": 0},
        {"gross_mass_g": 6000.5},
        {"gross_mass_g": True},
        {"place": 5},
        {"place": {"a": 1}},
        {"name": "somebody"},
        {"actor": 1},
        {"lines_removed": {}},
    ],
)
def test_row_of_another_form_is_refused(w: World, north: Partner, change: dict[str, object]) -> None:
    asked = row(registered(w), "accept", "a-1", gross_mass_g=6000, place="1") | change

    assert refused(north, asked) == ["validation"]


@pytest.mark.parametrize("part", ["parcel", "move", "happened_at", "external_id"])
def test_row_without_a_part_is_refused(w: World, north: Partner, part: str) -> None:
    asked = row(registered(w), "accept", "a-1", gross_mass_g=6000, place="1")
    del asked[part]

    assert refused(north, asked) == ["validation"]


@pytest.mark.parametrize("odd", [None, 5, "accept", [], {}, [{}]])
def test_row_that_is_no_move_is_refused(north: Partner, odd: object) -> None:
    assert refused(north, odd) == ["validation"]


def test_row_names_what_it_was_about_where_it_can(north: Partner) -> None:
    (told,) = send(north, {"parcel": "PZ000000000ZZ", "external_id": 5})

    assert (told["parcel"], told["external_id"], told["problem"]) == ("PZ000000000ZZ", None, "validation")


@pytest.mark.parametrize("body", [[], {}, {"moves": {}}, {"moves": None}, {"moves": [], "more": 1}])
def test_body_of_another_form_is_refused_whole(north: Partner, body: object) -> None:
    assert problem(north.post(MOVES, body)) == (400, "/problems/validation")


def test_more_than_five_thousand_are_refused_whole(w: World, north: Partner) -> None:
    asked = row(registered(w), "accept", "a-1", gross_mass_g=6000, place="1")

    answer = north.post(MOVES, {"moves": [asked] * 5_001})

    assert problem(answer) == (400, "/problems/validation")
    assert Movement.objects.count() == 1


def test_foreign_and_unknown_parcels_are_unknown_alike(w: World) -> None:
    stranger = partner(factories.organisation("elsewhere"), "registrar", "liaison", "dispatcher")
    parcel = registered(w)

    problems = refused(
        stranger,
        row(parcel, "accept", "a-1", gross_mass_g=6000, place="1"),
        row("PZ000000000ZZ", "accept", "a-2", gross_mass_g=6000, place="1"),
        row("nothing", "accept", "a-3", gross_mass_g=6000, place="1"),
    )

    assert problems == ["unknown-parcel"] * 3


def test_acts_of_two_people_are_not_for_a_program(w: World, north: Partner) -> None:
    parcel, reviewed, returning = registered(w), accepted(w), accepted(w)
    worker = factories.actors.worker(w.north.pk)
    factories.move(reviewed, "hold", worker, findings=["UNKNOWN_CATEGORY"])
    factories.move(returning, "send_back", worker, reason="x")

    problems = refused(
        north,
        row(reviewed, "clear", "1"),
        row(reviewed, "refuse", "2", reason="ALCOHOL"),
        row(returning, "dispose", "3", method="burnt", reason="x"),
        row(returning, "correct", "4", corrects=3, reason="x"),
        row(parcel, "write_off", "5", last_holder="north", searched="all"),
        row(parcel, "clear", "6"),
        row(parcel, "hold", "7", findings=["x"]),
    )

    assert problems == ["not-permitted"] * 7


def test_role_and_relation_decide_who_moves(w: World, south: Partner, harbour: Partner) -> None:
    parcel = registered(w)
    screener = partner(w.north, "screener")
    asked = row(parcel, "accept", "a-1", gross_mass_g=6000, place="1")

    assert [refused(mover, asked) for mover in (south, harbour, screener)] == [["not-permitted"]] * 3


def test_scope_is_needed(w: World) -> None:
    mover = partner(w.north, "registrar", scope="parcels:read parcels:write")

    assert problem(mover.post(MOVES, {"moves": []})) == (403, "/problems/not-permitted")


def test_problems_of_the_contract_stand_in_their_rows(w: World, north: Partner, south: Partner) -> None:
    first, second, third = registered(w), accepted(w), handed_over(w)
    send(north, row(first, "accept", "used", gross_mass_g=6000, place="1"))

    assert refused(north, row(second, "accept", "used", gross_mass_g=6000, place="1")) == [
        "external-id-reused"
    ]
    assert refused(north, row(second, "accept", "2", gross_mass_g=6000, place="1")) == ["illegal-move"]
    assert refused(north, row(second, "register", "3")) == ["illegal-move"]
    assert refused(north, row(first, "pack", "4", consignment="C-0")) == ["illegal-move"]
    assert refused(south, row(third, "admit", "5")) == ["missing-detail"]
    assert refused(south, row(third, "receive", "6", evidence="rumour", complete="yes")) == ["validation"]
    assert refused(north, row(third, "find", "7", where="nowhere", seal="x")) == ["validation"]


def test_amendment_describes_a_line_anew(w: World, north: Partner) -> None:
    parcel = accepted(w, "печенье", "нож")
    factories.move(parcel, "refuse", actors.worker(w.north.pk), reason="SHARP")
    anew = [{"line": 2, "description": "мыло", "unit_mass_g": 90}]

    (made,) = send(
        north,
        row(parcel, "amend", "a-1", gross_mass_g=5_900, lines_removed=[], lines_described=anew),
    )

    assert (made["result"], made["status"]) == ("moved", "accepted")
    line = parcel.lines.get(number=3)
    assert (line.category, line.unit_mass_g, line.described_at) == ("HYGIENE", 90, made["number"])


def test_letters_that_look_like_an_escape_are_letters(w: World, north: Partner) -> None:
    parcel = factories.registered(w, "печенье")

    (made,) = send(north, row(parcel, "accept", r"scan \u0000", gross_mass_g=5_900, place="1"))

    assert (made["result"], made["external_id"]) == ("moved", r"scan \u0000")


def test_what_was_found_at_the_counter_is_told_with_accept(w: World, north: Partner) -> None:
    parcel = factories.registered(w, "печенье", "нож")
    told = {
        "gross_mass_g": 5_900, "place": "counter 1",
        "lines_removed": [{"line": 1, "count": 1, "reason": "OVER_MASS", "fate": "returned"}],
        "lines_described": [{"line": 2, "description": "мыло"}],
    }  # fmt: skip

    (made,) = send(north, row(parcel, "accept", "a-1", **told))

    assert (made["result"], made["status"]) == ("moved", "accepted")
    rows = parcel.lines.order_by("number").values_list("number", "removed", "fate", "category")
    assert list(rows) == [
        (1, 1, "returned", "FOOD_DRY"), (2, 1, "described_anew", "SHARP"), (3, 0, "kept", "HYGIENE"),
    ]  # fmt: skip


def test_unsettled_parcel_is_not_packed_now(w: World, north: Partner) -> None:
    parcel = factories.cleared(w)

    assert refused(north, row(parcel, "pack", "1", consignment=consignment(w).number)) == ["not-now"]


def test_liaison_records_a_partners_fact(w: World, north: Partner) -> None:
    parcel = handed_over(w)

    (told,) = send(
        north, row(parcel, "admit", "1", examined_before="nobody", on_behalf_of="south", document="FAX-1")
    )

    assert (told["result"], told["status"]) == ("moved", "admitted")


def test_several_moves_of_one_parcel_apply_in_order(w: World, north: Partner, south: Partner) -> None:
    parcel = dispatched(w)

    results = send(
        south,
        row(parcel, "hand_over", "1", act="A-1"),
        row(parcel, "admit", "2", examined_before="addressee"),
        row(parcel, "receive", "3", evidence="holding_list", complete="yes"),
    )

    assert [(each["number"], each["status"]) for each in results] == [
        (6, "handed_over"),
        (7, "admitted"),
        (8, "received"),
    ]


def test_statements_do_not_grow_with_rows(w: World, north: Partner) -> None:
    def count(size: int) -> int:
        rows = [
            row(registered(w), "accept", f"a-{size}-{number}", gross_mass_g=6000, place="1")
            for number in range(size)
        ]
        with CaptureQueriesContext(connection) as asked:
            assert {each["result"] for each in send(north, *rows)} == {"moved"}
        return len(asked)

    assert count(1) == count(3) == count(20)


def test_five_thousand_rows_are_read_within_seconds(w: World, north: Partner) -> None:
    asked = [
        row("PZ000000000ZZ", "accept", f"a-{number}", gross_mass_g=6000, place="1") for number in range(5_000)
    ]
    started = time.perf_counter()

    assert set(refused(north, *asked)) == {"unknown-parcel"}
    assert time.perf_counter() - started < 15


def test_one_external_id_for_two_parcels_at_once_is_used_once(committed_db: Database) -> None:
    w = world()
    north = partner(w.north, "registrar")
    parcels = [registered(w) for _ in range(6)]

    def accept(parcel: Parcel) -> str | None:
        try:
            asked = row(parcel, "accept", "same", gross_mass_g=6000, place="1")
            (told,) = send(Partner(north.token), asked)
            return str(told["problem"])
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        problems = sorted(pool.map(accept, parcels))

    assert problems == ["None", *["external-id-reused"] * 5]
    assert Movement.objects.filter(move="accept").count() == 1
