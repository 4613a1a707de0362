"""Parcels and a dict that says what they should be, moved together: crashed, repeated, and by two at once.

MODEL_EXAMPLES=2000 MODEL_STEPS=60 looks longer than the suite has time for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count, permutations
from threading import Barrier
from typing import Any

import psycopg
from django.db import Error, connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from parcels import consignments, reconciling, workers
from parcels.actions import Refused, Result, Step, advance, propose, register, vote
from parcels.declarations import Declaration
from parcels.models import Consignment, Parcel
from people import actors, approvals
from people.actors import Actor
from tests.databases import Database
from tests.factories import NOON, World, declaration, settle, world
from tests.parcels.twin import FOUND_IN, LEGAL, Twin

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "20"))
STEPS = int(os.environ.get("MODEL_STEPS", "40"))
MOVES = sorted({move for moves in LEGAL.values() for move in moves} - {"dispose", "write_off"})
TWO_OFFICERS = {
    "dispose": {"method": "burnt", "reason": "spoilt"},
    "write_off": {"last_holder": "north", "searched": "all"},
}
_numbers = count(1)


class Crash(Exception):
    """Raised where the product asks the database something: nothing around it can have finished."""


@contextmanager
def crashing(at: int, cut_off: Callable[[], None] | None) -> Iterator[None]:
    """End the work at its statement `at`: by an error there, or by the end of its connection."""
    asked = count(1)

    def wrapped(execute: Any, sql: str, *arguments: Any) -> Any:
        if next(asked) == at:
            if cut_off is None:
                raise Crash
            cut_off()
        return execute(sql, *arguments)

    with connection.execute_wrapper(wrapped):
        yield


def at_once(*does: Callable[[], object]) -> list[Any]:
    """Do each in a thread with a connection of its own; return their answers in the order given."""
    start = Barrier(len(does))

    def one(do: Callable[[], object]) -> object:
        try:
            start.wait(10)
            return do()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(does)) as pool:
        return [future.result() for future in [pool.submit(one, do) for do in does]]


class Parcels(RuleBasedStateMachine):
    parcels = Bundle("parcels")
    sent = Bundle("sent")
    w: World
    on: Database

    def __init__(self) -> None:
        super().__init__()
        self.twins: dict[str, Twin] = {}
        self.known: dict[str, tuple[str, str, int]] = {}
        self.declared: dict[str, Declaration] = {}
        self.ends = {end.pk: end.code for end in (self.w.north, self.w.south, self.w.harbour)}

    # What one asks for

    def by(self, move: str, twin: Twin) -> Actor:
        w = self.w
        staff = {
            "cancel": w.amina, "accept": w.amina, "amend": w.amina, "return": w.amina, "reopen": w.bruno,
            "pack": w.dawit, "unpack": w.dawit, "dispatch": w.dawit, "send_back": w.dawit,
            "entrust": w.farid, "hand_over": w.elena, "admit": w.elena, "receive": w.elena,
            "fail": w.elena, "redirect": w.elena, "confirm": w.gita, "contest": w.gita,
            "report_missing": w.gita, "find": w.gita,
            "bring_back": {"south": w.elena, "harbour": w.farid}.get(twin.holder or "", w.dawit),
        }.get(move)  # fmt: skip
        return w.act(staff) if staff else actors.worker(w.north.pk)

    def details(self, number: str, move: str, where: str) -> dict[str, object]:
        into = Parcel.objects.select_related("consignment").get(number=number).consignment
        plain: dict[str, dict[str, object]] = {
            "accept": {"gross_mass_g": 6_000, "place": "North"},
            "amend": {"gross_mass_g": 6_000, "lines_removed": []},
            "hold": {"findings": ["DRAWN"]},
            "refuse": {"reason": "SHARP"},
            "reopen": {"reason": "found"},
            "recheck": {"rules_version": 1},
            "pack": {"consignment": ""},
            "unpack": {
                "reason": "asked", "old_seal": into.seal if into else "", "new_seal": f"S{next(_numbers)}",
            },
            "dispatch": {"seal": (into.seal if into else "") or "S"},
            "send_back": {"reason": "asked"},
            "hand_over": {"act": "A-1"},
            "admit": {"examined_before": "nobody"},
            "receive": {"evidence": "holding_list", "complete": "yes"},
            "confirm": {"evidence": "own_reply", "complete": "yes"},
            "contest": {"document": "letter"},
            "fail": {"reason": "left"},
            "bring_back": {"reason": "road"},
            "find": {"where": where, "seal": "S"},
        }  # fmt: skip
        return plain.get(move, {})

    def step(self, number: str, move: str, where: str) -> Step:
        """Return what is asked; a consignment that is to take it in, or to leave, is made ready for it."""
        details = self.details(number, move, where)
        if move == "pack":
            details["consignment"] = consignments.make(
                self.w.round, by=self.w.act(self.w.dawit), now=NOON
            ).number
        if move == "dispatch":
            parcel = Parcel.objects.select_related("consignment").get(number=number)
            if parcel.consignment and parcel.consignment.status == "open":
                details["seal"] = f"S{next(_numbers)}"
                with suppress(Refused):
                    consignments.seal(
                        parcel.consignment.number, str(details["seal"]), by=self.w.act(self.w.dawit)
                    )
        return Step(number, move, NOON, f"m-{next(_numbers)}", details)

    def foresee(self, twin: Twin, step: Step) -> str:
        """Move the twin, and return what the product should answer."""
        by = self.ends[self.by(step.move, twin).organisation_id]
        into = None
        if step.move == "pack":
            into = Consignment.objects.get(number=str(step.details["consignment"])).pk
        return twin.move(step.move, by, where=str(step.details.get("where", "")), into=into)

    def keep(self, step: Step, result: str, twin: Twin) -> None:
        if result in ("moved", "observed"):
            self.known[str(step.external_id)] = (step.parcel, step.move, twin.last_number)

    # What happens

    @initialize(target=parcels)
    def first(self) -> str:
        return self.registers()

    @rule(target=parcels)
    def registers(self) -> str:
        number = next(_numbers)
        declared = declaration("мыло", external_id=f"d-{number}")
        (made,) = register([declared], round_=self.w.round, by=self.w.act(self.w.amina), now=NOON)
        assert (made.result, made.problem) == ("created", None)
        settle(self.w, Parcel.objects.get(number=made.number))
        self.twins[str(made.number)], self.declared[str(made.number)] = Twin(), declared
        return str(made.number)

    @rule(number=parcels)
    def registers_again(self, number: str) -> None:
        again = [self.declared[number]]
        (made,) = register(again, round_=self.w.round, by=self.w.act(self.w.amina), now=NOON)
        assert (made.result, made.number) == ("unchanged", number)

    @rule(target=sent, number=parcels, move=st.sampled_from(MOVES), where=st.sampled_from(FOUND_IN))
    def moves(self, number: str, move: str, where: str) -> Step:
        step, twin = self.step(number, move, where), self.twins[number]
        by = self.by(move, twin)
        expected = self.foresee(twin, step)
        (result,) = advance([step], by=by, now=NOON)
        assert (result.result, result.number) == (
            expected, None if expected == "refused" else twin.last_number,
        ), result  # fmt: skip
        self.keep(step, expected, twin)
        return step

    # By a number, not by the moves themselves: what is drawn must not depend on which of two was first.
    @rule(target=sent, number=parcels, which=st.integers(0, 59), where=st.sampled_from(FOUND_IN))
    def goes_on(self, number: str, which: int, where: str) -> Step:
        """Some legal move: else most that are drawn would be refused, and no parcel would come far."""
        legal = sorted(LEGAL[self.twins[number].status].keys() & set(MOVES)) or ["cancel"]
        return self.moves(number, legal[which % len(legal)], where)

    @rule(step=sent)
    def repeats(self, step: Step) -> None:
        known = self.known.get(str(step.external_id))
        if known is None:
            return
        (result,) = advance([step], by=self.by(step.move, self.twins[step.parcel]), now=NOON)
        if self.ends[self.by(step.move, self.twins[step.parcel]).organisation_id] == self.told_by(step):
            assert (result.result, result.number) == ("repeated", known[2])

    def told_by(self, step: Step) -> str | None:
        """Return whose word the movement is: another's external id of the same form is another id."""
        found = Parcel.objects.get(number=step.parcel).movements.filter(external_id=step.external_id).first()
        return self.ends[found.organisation_id] if found else None

    @rule(step=sent, number=parcels)
    def reuses_an_id(self, step: Step, number: str) -> None:
        known = self.known.get(str(step.external_id))
        if known is None or number == step.parcel or self.told_by(step) != "north":
            return
        again = Step(number, "cancel", NOON, step.external_id)
        (result,) = advance([again], by=self.w.act(self.w.amina), now=NOON)
        assert (result.result, result.problem) == ("refused", "external-id-reused")

    @rule(
        number=parcels, move=st.sampled_from(MOVES), where=st.sampled_from(FOUND_IN),
        at=st.integers(1, 12), killed=st.booleans(),
    )  # fmt: skip
    def crashes(self, number: str, move: str, where: str, at: int, killed: bool) -> None:
        """Cut off at any statement, it has happened wholly or not at all; asked again, it happens once."""
        step, twin = self.step(number, move, where), self.twins[number]
        by = self.by(move, twin)
        result: Result | None = None
        try:
            with crashing(at, self.cut_off if killed else None):
                (result,) = advance([step], by=by, now=NOON)
        except (Crash, Error):
            connection.close()
        (again,) = advance([step], by=by, now=NOON)
        expected = self.foresee(twin, step)
        if result is None:
            assert again.result == expected
        else:
            assert result.result == expected
            assert again.result == ("refused" if expected == "refused" else "repeated")
        self.keep(step, expected, twin)

    def cut_off(self) -> None:
        backend = connection.connection.info.backend_pid
        with psycopg.connect(self.on.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])

    @rule(
        number=parcels, moves=st.lists(st.sampled_from(MOVES), min_size=2, max_size=2),
        where=st.sampled_from(FOUND_IN), same=st.booleans(),
    )  # fmt: skip
    def two_at_once(self, number: str, moves: list[str], where: str, same: bool) -> None:
        """What two do at once comes to what they would do one after the other, in one order or the other."""
        twin = self.twins[number]
        first = self.step(number, moves[0], where)
        steps = [first, first] if same else [first, self.step(number, moves[1], where)]
        bys = [self.by(step.move, twin) for step in steps]
        asked = [
            lambda step=step, by=by: advance([step], by=by, now=NOON)[0].result
            for step, by in zip(steps, bys, strict=True)
        ]
        answers = at_once(*asked)
        self.twins[number] = self.one_order(number, steps, answers)

    def one_order(self, number: str, steps: list[Step], answers: list[str]) -> Twin:
        for order in permutations(range(len(steps))):
            twin, foreseen, known = self.twins[number].copy(), ["", ""], dict(self.known)
            self.known = known
            for place in order:
                step = steps[place]
                if str(step.external_id) in known:
                    foreseen[place] = "repeated"
                    continue
                # Whose it is was settled before either of them moved.
                foreseen[place] = self.foresee_as(twin, step, self.twins[number])
                self.keep(step, foreseen[place], twin)
            if foreseen == answers and self.is_kept(number, twin):
                return twin
            self.known = {
                key: value for key, value in known.items() if key not in {s.external_id for s in steps}
            }
        raise AssertionError((steps, answers, self.twins[number]))

    def foresee_as(self, twin: Twin, step: Step, seen: Twin) -> str:
        by = self.ends[self.by(step.move, seen).organisation_id]
        into = None
        if step.move == "pack":
            into = Consignment.objects.get(number=str(step.details["consignment"])).pk
        return twin.move(step.move, by, where=str(step.details.get("where", "")), into=into)

    @rule(number=parcels, who=st.sampled_from(["bruno", "chiara", "ivo"]), clear=st.booleans())
    def decides(self, number: str, who: str, clear: bool) -> None:
        """Also twice: nobody's second vote counts."""
        expected = self.twins[number].vote(who, "clear" if clear else "refuse")
        by = self.w.act(getattr(self.w, who))
        try:
            answer: str = vote(
                number, "clear" if clear else "refuse", by=by, now=NOON, reason="" if clear else "SHARP"
            )
        except Refused:
            answer = "refused"
        except approvals.NotYours:
            answer = "not yours"
        assert answer == expected

    @rule(number=parcels, act=st.sampled_from(["dispose", "write_off", "correct"]))
    def two_officers_do(self, number: str, act: str) -> None:
        twin = self.twins[number]
        last = twin.life[-1].number if twin.life else 1
        details = TWO_OFFICERS.get(act, {"corrects": last, "reason": "mistaken"})
        expected = twin.correct() if act == "correct" else twin.move(act, "north")
        try:
            made = propose(number, act, by=self.w.act(self.w.gita), now=NOON, details=details)
        except Refused:
            assert expected == "refused"
            return
        try:
            approvals.confirm(made.pk, by=self.w.act(self.w.ivo), now=NOON)
        except Refused:
            if expected != "refused":
                raise
            approvals.reject(made.pk, by=self.w.act(self.w.ivo), reason="cannot be", now=NOON)
        else:
            assert expected == "moved"

    @rule()
    def two_workers_screen(self) -> None:
        at_once(lambda: workers.drain("screen"), lambda: workers.drain("screen"))
        workers.drain("screen")
        for twin in self.twins.values():
            if twin.status == "accepted":
                twin.move("clear", "north")

    # What is so after each

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        assert [number for number, twin in self.twins.items() if not self.is_kept(number, twin)] == []

    def is_kept(self, number: str, twin: Twin) -> bool:
        parcel = Parcel.objects.get(number=number)
        kept = parcel.movements.count()
        return (parcel.status, parcel.last_number, kept, parcel.consignment_id) == (
            twin.status, twin.last_number, twin.last_number, twin.consignment,
        ) and (self.ends[parcel.holder_id] if parcel.holder_id else None) == twin.holder  # fmt: skip

    def teardown(self) -> None:
        """And a third who knows neither says so."""
        assert reconciling.look().found == []


def test_parcels_do_as_the_model_does(committed_db: Database) -> None:
    Parcels.w, Parcels.on = world(), committed_db
    run_state_machine_as_test(
        Parcels,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize="MODEL_EXAMPLES" not in os.environ,
        ),
    )  # fmt: skip
