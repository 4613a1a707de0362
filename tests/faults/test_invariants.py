"""The invariants by themselves: what they read, what they find, and that they know nothing of the product."""

import ast
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faults.invariants import histories, leaks, legal, promises, whole
from faults.invariants.histories import Histories, Movement, Parcel
from faults.invariants.promises import Promises, Record
from parcels.lifecycle import CORRECT, OBSERVE, edges

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FOLDER = Path(legal.__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_invariants_import_nothing_of_the_product(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            inside = (node.module or "").startswith("faults.invariants")
            found.add("itself" if inside else (node.module or "").partition(".")[0])
    assert found <= sys.stdlib_module_names | {"psycopg", "itself"}
    assert not {"importlib", "runpy"} & found


def test_legal_agrees_with_the_table_of_the_product() -> None:
    """Here alone the two are held against each other: one that is changed by mistake is found."""
    theirs = {(str(a), b, str(c)) for a, b, c in edges() if b not in (CORRECT, OBSERVE)}
    assert theirs == legal.EDGES


def movement(number: int, before: str | None, move: str, after: str, speaker: str = "sending") -> Movement:
    return Movement("P", number, before, move, after, speaker, None, NOON + timedelta(minutes=number))


LIFE = (
    movement(1, None, "register", "registered"),
    movement(2, "registered", "accept", "accepted"),
    movement(3, "accepted", "clear", "cleared"),
    movement(4, "cleared", "pack", "packed"),
    movement(5, "packed", "dispatch", "dispatched"),
    movement(6, "dispatched", "entrust", "with_intermediary", "neutral"),
    movement(7, "with_intermediary", "hand_over", "handed_over", "holding"),
)


def of(*movements: Movement, status: str = "", holder: str = "holding") -> Histories:
    last = movements[-1]
    return Histories({"P": Parcel(status or last.after, last.number, holder)}, {"P": movements})


def test_histories_find_nothing_in_a_life_as_it_should_be() -> None:
    found = of(*LIFE)
    for check in (
        histories.illegal, histories.statuses_apart, histories.misnumbered, histories.custody_broken,
        histories.times_run_back,
    ):  # fmt: skip
        assert list(check(found)) == []


def test_histories_find_an_illegal_move_and_a_gap() -> None:
    assert list(histories.illegal(of(LIFE[0], movement(2, "registered", "clear", "cleared"))))
    assert list(histories.illegal(of(LIFE[0], LIFE[2])))
    assert list(histories.misnumbered(of(*LIFE[:2], LIFE[3])))
    assert list(histories.misnumbered(of(*LIFE[:2], LIFE[1])))


def test_histories_find_a_status_that_is_not_of_the_last_movement() -> None:
    assert list(histories.statuses_apart(of(*LIFE, status="received")))
    assert list(histories.statuses_apart(Histories({"P": Parcel("registered", 1, "")}, {})))


def test_histories_find_a_gap_in_custody_and_no_gap_in_a_late_scan() -> None:
    assert list(histories.custody_broken(of(*LIFE, holder="neutral")))
    directly = movement(6, "dispatched", "hand_over", "handed_over", "holding")
    assert list(histories.custody_broken(of(*LIFE[:5], directly))) == []


def test_histories_give_back_custody_where_a_movement_was_undone() -> None:
    undo = movement(8, "handed_over", "correct", "with_intermediary")._replace(corrects=7)
    assert list(histories.custody_broken(of(*LIFE, undo, holder="neutral"))) == []
    assert list(histories.custody_broken(of(*LIFE, undo, holder="holding")))


def test_histories_find_a_clock_that_is_off() -> None:
    early = LIFE[2]._replace(recorded_at=NOON - timedelta(hours=2))
    assert list(histories.times_run_back(of(*LIFE[:2], early)))


PROMISED = {"what": "promised", "organisation": "n", "external_id": "e", "parcel": "P", "move": "accept"}
PROMISED |= {"number": 2, "result": "moved"}
ASKED = {"what": "asked", "organisation": "n", "external_id": "e", "move": "accept"}


def told(*lines: dict[str, object], recorded: tuple[Record, ...] = ()) -> Promises:
    return Promises(list(lines), {("n", "e"): list(recorded)} if recorded else {}, {}, {})


def test_promises_are_kept_lost_doubled_or_never_asked_for() -> None:
    there = Record("P", 2, "accept")
    kept = told(ASKED, PROMISED, recorded=(there,))
    assert not [
        *promises.lost(kept),
        *promises.doubled(kept),
        *promises.unasked(kept),
        *promises.refused(kept),
    ]
    assert list(promises.lost(told(ASKED, PROMISED)))
    assert list(promises.lost(told(ASKED, PROMISED, recorded=(there._replace(number=3),))))
    assert list(promises.doubled(told(ASKED, PROMISED, recorded=(there, Record("Q", 2, "accept")))))
    assert list(promises.unasked(told(PROMISED, recorded=(there,))))
    assert list(promises.refused(told(ASKED, {**PROMISED, "what": "refused", "problem": "not-now"})))


def test_promises_find_one_declaration_promised_as_two_parcels() -> None:
    first = {**PROMISED, "move": "register", "number": 1}
    lines = [first, {**first, "parcel": "Q"}]
    assert list(promises.doubled(Promises(lines, {}, {("n", "e"): ["P"]}, {})))


def test_promises_find_an_approval_that_was_carried_out_twice_or_never() -> None:
    line = {"what": "by_two", "parcel": "P", "move": "dispose", "approval": 7}
    once = Record("P", 9, "dispose")
    assert not list(promises.lost(Promises([line], {}, {}, {7: [once]})))
    assert list(promises.lost(Promises([line], {}, {}, {})))
    assert list(promises.doubled(Promises([line], {}, {}, {7: [once, once._replace(number=10)]})))


def test_ticks_are_held_against_the_clock_of_the_database(tmp_path: Path) -> None:
    seen = tmp_path / "ticks.jsonl"

    def found(slot: datetime) -> list[str]:
        line = {"schedule": "sweep", "slot": str(slot), "seen_after": str(NOON)}
        seen.write_text(json.dumps({**line, "seen_at": str(NOON + timedelta(seconds=20))}) + "\n")
        return list(whole.ticks_out_of_time(seen))

    assert found(NOON + timedelta(seconds=15)) == []
    assert found(NOON + timedelta(hours=2))
    assert found(NOON - timedelta(hours=2))
    assert found(NOON + timedelta(seconds=7))


def test_leaks_are_found_plain_in_a_message_and_as_a_code(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "kept").write_text("Qanarzyx")
    (tmp_path / "log").write_text("all is well")
    assert list(leaks.leaks(tmp_path, "Qanarzyx", ["keys"])) == []
    (tmp_path / "log").write_text("Olha QANARZYXp0 was here")
    assert list(leaks.leaks(tmp_path, "Qanarzyx", ["keys"])) == ["log: QANARZYX"]
    (tmp_path / "log").write_text('"body": "W1siUWFuYXJ6eXhwMCJdLHt9LHt9XQ=="')
    assert list(leaks.leaks(tmp_path, "Qanarzyx", ["keys"])) == ["log: Qanarzyx"]
    (tmp_path / "log").write_text("code 0123-4567-89AB-CDEF-GHJK-MNPQ")
    assert list(leaks.leaks(tmp_path, "Qanarzyx", ["keys"])) == ["log: a receipt code"]
