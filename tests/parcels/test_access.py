"""What a system of the sending office reads without a dispatcher's or liaison's right, and contests."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from parcels.access import SHOWN_AS
from parcels.actions import Step, advance, observe, release_news
from parcels.lifecycle import END, FAMILY_WORD, Status
from parcels.models import Parcel
from parcels.screening import Finding
from people import actors
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
    seal,
    settle,
    world,
)
from tests.partners import Partner, partner

pytestmark = pytest.mark.django_db
LIST = "/api/v1/parcels/"
DAY = timedelta(days=1)
FILTERED = ("accepted", "cleared", "packed", "dispatched", "handed_over", "received", "missing")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def w(clock: time_machine.Traveller) -> World:
    return world()


@pytest.fixture
def reader(w: World) -> Partner:
    return partner(w.north, "registrar", "screener", "coordinator")


@pytest.fixture
def south(w: World) -> Partner:
    return partner(w.south, "logistics", "dispatcher", "liaison")


def seen(reader: Partner, parcel: Parcel) -> dict[str, Any]:
    """Return everything the reader can learn of the parcel, its ETag and every filter's answer among it."""
    detail = reader.get(f"{LIST}{parcel.number}/")
    row = {row["number"]: row for row in reader.get(LIST).json()["results"]}[parcel.number]
    return {
        "detail": detail.json(),
        "etag": detail["ETag"],
        "row": row,
        "movements": reader.get(f"{LIST}{parcel.number}/movements/").json(),
        "by status": [status for status in FILTERED if _found(reader, parcel, {"status": status})],
        "since": [
            seconds
            for seconds in (0, 5, 15, 25, 35)
            if _found(reader, parcel, {"updated_since": _text(NOON + timedelta(seconds=seconds))})
        ],
    }


def _found(reader: Partner, parcel: Parcel, query: dict[str, str]) -> bool:
    return parcel.number in [row["number"] for row in reader.get(LIST, query).json()["results"]]


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def timeline(reader: Partner, parcel: Parcel) -> list[tuple[str, str]]:
    rows = reader.get(f"{LIST}{parcel.number}/movements/").json()["results"]
    return [(row["status"], row["since_on"]) for row in rows]


def test_merged_statuses_are_those_a_familys_word_does_not_tell_apart() -> None:
    assert SHOWN_AS == {
        Status.PACKED: Status.CLEARED,
        Status.WITH_INTERMEDIARY: Status.DISPATCHED,
        Status.ADMITTED: Status.HANDED_OVER,
    }
    assert all(FAMILY_WORD[status] == FAMILY_WORD[shown] for status, shown in SHOWN_AS.items())
    assert END.isdisjoint(SHOWN_AS)


def test_dispatch_reads_as_nothing_until_its_public_day(
    w: World, reader: Partner, clock: time_machine.Traveller
) -> None:
    parcel = packed(w)
    before = seen(reader, parcel)
    assert parcel.consignment is not None
    seal(parcel.consignment)
    move(parcel, "dispatch", w.act(w.dawit), seal="SEAL-1")
    move(parcel, "entrust", w.act(w.farid))

    assert seen(reader, parcel) == before
    clock.move_to(NOON + 7 * DAY - timedelta(seconds=1))
    assert seen(reader, parcel) == before
    clock.move_to(NOON + 7 * DAY)
    assert seen(reader, parcel)["row"]["status"] == "dispatched"
    assert timeline(reader, parcel) == [
        ("registered", "2026-11-20"),
        ("accepted", "2026-11-20"),
        ("cleared", "2026-11-20"),
        ("dispatched", "2026-11-27"),
    ]


def test_packing_reads_as_nothing(w: World, reader: Partner) -> None:
    """It would tell that the addressee is settled."""
    parcel = settle(w, cleared(w))
    before = seen(reader, parcel)

    move(parcel, "pack", w.act(w.dawit), consignment=consignment(w).number, now=NOON + timedelta(seconds=30))
    assert seen(reader, parcel) == before
    move(parcel, "unpack", w.act(w.dawit), reason="x", now=NOON + timedelta(seconds=40))

    assert seen(reader, parcel) == before


def test_recheck_with_the_same_result_reads_as_nothing(w: World, reader: Partner) -> None:
    parcel = cleared(w)
    before = seen(reader, parcel)

    move(parcel, "recheck", actors.worker(w.north.pk), rules_version=2, now=NOON + timedelta(seconds=30))
    move(parcel, "clear", actors.worker(w.north.pk), now=NOON + timedelta(seconds=40))

    assert seen(reader, parcel) == before


def test_frozen_flagged_and_observed_read_as_nothing(w: World, reader: Partner) -> None:
    parcel = accepted(w)
    before = seen(reader, parcel)

    observe([parcel.number], "freeze", by=w.act(w.gita), now=NOON + timedelta(seconds=30))
    Parcel.objects.update(frozen=True, flagged=True)

    assert seen(reader, parcel) == before


def test_hard_news_waits_for_a_liaison(w: World, reader: Partner, clock: time_machine.Traveller) -> None:
    parcel = handed_over(w)
    clock.move_to(NOON + 8 * DAY)
    before = seen(reader, parcel)
    move(parcel, "fail", w.act(w.elena), reason="ADDRESSEE_MOVED", now=NOON + 8 * DAY)
    clock.move_to(NOON + 30 * DAY)
    assert (seen(reader, parcel)["row"], timeline(reader, parcel)) == (
        before["row"],
        [(row["status"], row["since_on"]) for row in before["movements"]["results"]],
    )

    release_news(parcel.number, by=w.act(w.gita), now=NOON + 30 * DAY)

    assert seen(reader, parcel)["row"]["status"] == "undeliverable"


def test_findings_show_only_what_must_change(w: World, reader: Partner) -> None:
    parcel = accepted(w, "водка", "штуковина")
    findings = [
        Finding(1, "ALCOHOL", "prohibit", "ALCOHOL", w.terms.rules.get(category="ALCOHOL").pk),
        Finding(2, "UNKNOWN", "review", "UNKNOWN_CATEGORY", None),
        Finding(None, None, "review", "OVER_QUOTA", None),
        Finding(None, None, "review", "SECOND_LOOK", None),
    ]
    step = Step(parcel.number, "refuse", NOON, details={"reason": "ALCOHOL"}, findings=findings)
    advance([step], by=actors.worker(w.north.pk), now=NOON)

    told = reader.get(f"{LIST}{parcel.number}/").json()["findings"]

    assert [(each["line"], each["reason"]["code"]) for each in told] == [(1, "ALCOHOL")]


def test_review_reads_alike_for_every_cause(w: World, reader: Partner) -> None:
    worker = actors.worker(w.north.pk)
    told = []
    for code in ("OVER_QUOTA", "SECOND_LOOK", "UNKNOWN_CATEGORY"):
        parcel = accepted(w, "штуковина")
        finding = Finding(None, None, "review", code, None)
        advance(
            [Step(parcel.number, "hold", NOON, details={"findings": [code]}, findings=[finding])],
            by=worker,
            now=NOON,
        )
        detail = reader.get(f"{LIST}{parcel.number}/").json()
        told.append((detail["status"], detail["findings"]))

    assert told == [("in_review", [])] * 3


def test_what_the_holding_side_took_out_reads_as_nothing(w: World, reader: Partner) -> None:
    parcel = handed_over(w)
    before = seen(reader, parcel)

    entry = {"line": 1, "count": 1, "reason": "GLASS", "fate": "given"}
    move(parcel, "admit", w.act(w.elena), examined_before="nobody", lines_removed=[entry])

    assert seen(reader, parcel) == before


def test_mover_who_reads_what_is_published_learns_of_no_place(w: World) -> None:
    parcel = registered(w)
    unsettled = partner(w.north, "registrar")
    body = {
        "moves": [
            {
                "parcel": parcel.number,
                "move": "report_missing",
                "happened_at": _text(NOON),
                "external_id": "m-1",
            }
        ]
    }

    (row,) = unsettled.post("/api/v1/moves/", body).json()["results"]

    assert (row["result"], row["number"], row["status"]) == ("observed", None, None)


def test_repeat_tells_a_reader_of_what_is_published_nothing_more(w: World, reader: Partner) -> None:
    parcel, officer = handed_over(w), partner(w.north, "liaison")
    move(parcel, "fail", w.act(w.elena), reason="x")
    asked = {"parcel": parcel.number, "move": "report_missing", "happened_at": _text(NOON)}
    ours, theirs = ({"moves": [asked | {"external_id": each}]} for each in ("ours", "theirs"))
    officer.post("/api/v1/moves/", theirs)

    rows = [reader.post("/api/v1/moves/", body).json()["results"][0] for body in (ours, ours, theirs)]

    assert [(row["result"], row["number"], row["status"]) for row in rows] == [
        ("observed", None, None),
        ("repeated", None, None),
        ("repeated", None, None),
    ]


def test_own_move_tells_where_it_led_and_no_number(w: World, reader: Partner) -> None:
    parcel = registered(w)
    told = {"parcel": parcel.number, "move": "accept", "happened_at": _text(NOON), "external_id": "a-1"}
    body = {"moves": [told | {"gross_mass_g": 6000, "place": "1"}]}

    rows = [reader.post("/api/v1/moves/", body).json()["results"][0] for _ in range(2)]

    assert [(row["result"], row["number"], row["status"]) for row in rows] == [
        ("moved", None, "accepted"),
        ("repeated", None, "accepted"),
    ]


def contested(w: World) -> Parcel:
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    return move(parcel, "contest", w.act(w.gita), now=NOON + timedelta(seconds=10), document="LETTER-1")


def test_contest_is_unreadable_at_the_holding_side(w: World, south: Partner) -> None:
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    before = seen(south, parcel)

    move(parcel, "contest", w.act(w.gita), now=NOON + timedelta(seconds=10), document="LETTER-1")
    assert seen(south, parcel) == before
    now = NOON + timedelta(seconds=20)
    move(parcel, "find", w.act(w.farid), now=now, where="handed_over", seal="S-2")

    assert seen(south, parcel) == before


def test_contest_that_did_not_fit_is_unreadable_too(w: World, south: Partner) -> None:
    parcel = handed_over(w)
    before = seen(south, parcel)

    step = Step(parcel.number, "contest", NOON, details={"document": "LETTER-1"})
    (made,) = advance([step], by=w.act(w.gita), now=NOON)

    assert made.result == "observed"
    assert seen(south, parcel) == before


def test_contest_leaves_no_gap_for_the_holding_side(w: World, south: Partner) -> None:
    parcel = contested(w)
    body = {
        "moves": [
            {
                "parcel": parcel.number, "move": "receive", "happened_at": _text(NOON), "external_id": "r-2",
                "evidence": "own_reply", "complete": "yes",
            },
            {
                "parcel": parcel.number, "move": "redirect", "happened_at": _text(NOON), "external_id": "r-3",
            },
        ]
    }  # fmt: skip

    rows = south.post("/api/v1/moves/", body).json()["results"]

    assert [(row["result"], row["number"], row["status"]) for row in rows] == [
        ("observed", 9, "received"),
        ("observed", 10, "received"),
    ]
    told = south.get(f"{LIST}{parcel.number}/movements/").json()["results"]
    assert [(row["number"], row["move"]) for row in told] == [
        (1, "register"), (2, "accept"), (3, "clear"), (4, "pack"), (5, "dispatch"), (6, "entrust"),
        (7, "hand_over"), (8, "receive"), (9, "observe"), (10, "observe"),
    ]  # fmt: skip


@pytest.mark.parametrize("evidence", ["holding_list", "own_reply"])
def test_what_the_holding_side_does_reads_as_if_nobody_had_contested(
    w: World, south: Partner, evidence: str
) -> None:
    plain, disputed = (handed_over(w) for _ in range(2))
    for parcel in (plain, disputed):
        move(parcel, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(disputed, "contest", w.act(w.gita), now=NOON + timedelta(seconds=10), document="LETTER-1")

    told = [_life_after(south, parcel, evidence) for parcel in (plain, disputed)]

    assert told[0] == told[1]
    assert {status for _, _, status in told[0][0]} == {"received"}


def _life_after(south: Partner, parcel: Parcel, evidence: str) -> Any:
    """Return what the moves answer, sent twice, and what is read then."""
    told = {"parcel": parcel.number, "happened_at": _text(NOON)}
    moves = [
        {**told, "move": "admit", "external_id": f"{parcel.pk}-1", "examined_before": "nobody"},
        {
            **told, "move": "receive", "external_id": f"{parcel.pk}-2", "evidence": evidence, "complete": "yes",
        },
        {**told, "move": "admit", "external_id": f"{parcel.pk}-3", "examined_before": "nobody"},
    ]  # fmt: skip
    rows = [row for _ in range(2) for row in south.post("/api/v1/moves/", {"moves": moves}).json()["results"]]
    life = south.get(f"{LIST}{parcel.number}/movements/").json()["results"]
    return (
        [(row["result"], row["number"], row["status"]) for row in rows],
        south.get(f"{LIST}{parcel.number}/").json()["status"],
        [(row["number"], row["move"], row["status"], row["details"]) for row in life[-4:]],
    )


def test_contest_is_readable_to_neutral_and_sending_officers(w: World) -> None:
    parcel = contested(w)
    readers = partner(w.harbour, "liaison"), partner(w.north, "liaison")

    last = [
        reader.get(f"{LIST}{parcel.number}/movements/").json()["results"][-1]["move"] for reader in readers
    ]

    assert last == ["contest", "contest"]


def test_released_contest_is_readable_at_the_holding_side(w: World, south: Partner) -> None:
    parcel = contested(w)

    release_news(parcel.number, by=w.act(w.gita), now=NOON + timedelta(seconds=20))

    assert south.get(f"{LIST}{parcel.number}/").json()["status"] == "missing"


def test_situation_is_told_to_nobody_and_its_reason_to_the_sending_offices_officers(
    w: World, south: Partner
) -> None:
    parcel = cleared(w)
    worker = actors.worker(w.north.pk)
    move(parcel, "send_back", worker, reason="RELEASED", situation="released")
    release_news(parcel.number, by=w.act(w.gita), now=NOON + timedelta(seconds=20))
    liaison, dispatcher = partner(w.north, "liaison"), partner(w.north, "dispatcher")

    told = [
        reader.get(f"{LIST}{parcel.number}/movements/").json()["results"][-1]["details"]
        for reader in (liaison, dispatcher, south)
    ]

    assert told == [{"reason": "RELEASED"}, {}, {}]


def test_holding_side_reads_nothing_of_a_situation_until_it_is_released(w: World, south: Partner) -> None:
    parcel, left = cleared(w), handed_over(w)
    before = [seen(south, each) for each in (parcel, left)]
    worker = actors.worker(w.north.pk)
    told = {"reason": "situation", "situation": "exchanged", "event": 1}
    move(parcel, "send_back", worker, now=NOON + timedelta(seconds=10), **told)
    observe([left.number], "flag", by=worker, now=NOON + timedelta(seconds=10), details=told)

    assert [seen(south, each) for each in (parcel, left)] == before

    release_news(parcel.number, by=w.act(w.gita), now=NOON + timedelta(seconds=20))
    assert south.get(f"{LIST}{parcel.number}/").json()["status"] == "returning"
    assert seen(south, left) == before[1]


def test_dispatcher_and_liaison_read_everything(w: World) -> None:
    parcel = dispatched(w)

    statuses = [
        partner(w.north, role).get(f"{LIST}{parcel.number}/").json()["status"]
        for role in ("dispatcher", "liaison", "registrar")
    ]

    assert statuses == ["dispatched", "dispatched", "cleared"]
