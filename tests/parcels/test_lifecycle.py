import pytest

from parcels import lifecycle
from parcels.lifecycle import END, FAMILY_WORD, HARD_NEWS, MOVES, Kind, Status, edges, moves_from, target_of


def test_drawing_shows_every_status_and_move() -> None:
    drawing = lifecycle.__doc__ or ""

    assert [status.value for status in Status if status.value not in drawing] == []
    assert [name for name in MOVES if name not in drawing] == []


def test_end_statuses_lead_nowhere_but_to_tracing() -> None:
    assert {status: [move.name for move in moves_from(status)] for status in END} == {
        Status.CONFIRMED: ["contest"],
        Status.RETURNED: [],
        Status.DISPOSED: [],
        Status.LOST: [],
        Status.CANCELLED: [],
    }


def test_every_status_has_a_word_for_families() -> None:
    assert set(FAMILY_WORD) == set(Status)


def test_handed_over_never_reads_as_received() -> None:
    assert FAMILY_WORD[Status.HANDED_OVER] == FAMILY_WORD[Status.ADMITTED] == "with_holding_side"
    assert [status for status in Status if FAMILY_WORD[status] == "received"] == [Status.CONFIRMED]


def test_every_status_is_reached_from_registered() -> None:
    reached, frontier = {Status.REGISTERED}, {Status.REGISTERED}
    while frontier:
        frontier = {
            target for status in frontier for move in moves_from(status) for target in move.targets
        } - reached
        reached |= frontier

    assert reached == set(Status)


def test_decisions_and_facts_are_those_of_the_table() -> None:
    assert {name for name, move in MOVES.items() if move.kind is Kind.FACT} == {
        "entrust", "hand_over", "admit", "receive", "confirm", "contest", "fail", "redirect",
        "bring_back", "return", "report_missing", "find",
    }  # fmt: skip


def test_edges_hold_the_reverse_of_every_edge_for_correct() -> None:
    plain = {(s, t) for s, name, t in edges() if name not in ("observe", "correct")}

    assert {(t, s) for s, name, t in edges() if name == "correct"} == plain
    assert {(s, t) for s, name, t in edges() if name == "observe"} == {(s, s) for s in Status}


@pytest.mark.parametrize(
    ("where", "target"),
    [("returning", Status.RETURNING), ("accepted", Status.ACCEPTED), ("lost", None), (None, None)],
)
def test_find_leads_where_the_parcel_was_found(where: str | None, target: Status | None) -> None:
    assert target_of(MOVES["find"], Status.MISSING, {"where": where}) == target


def test_hard_news_is_what_a_person_should_tell() -> None:
    assert {Status.UNDELIVERABLE, Status.DISPOSED, Status.MISSING, Status.LOST} == HARD_NEWS
