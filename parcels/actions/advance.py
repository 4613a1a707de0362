"""The one setter: the only code that changes a parcel's status, for one parcel or for two thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from parcels.actions import conditions, lines, permission, telling
from parcels.actions.effects import after, apply, settle_news
from parcels.actions.holding import Held, hold
from parcels.actions.steps import Refused, Result, Step
from parcels.actions.surroundings import Surroundings, look_around
from parcels.actions.writing import Made, write
from parcels.lifecycle import CORRECT, MOVES, OBSERVE, REGISTER, Kind, Status, missing_details, target_of
from people.actors import Actor, announce


def advance(steps: Sequence[Step], *, by: Actor, now: datetime) -> list[Result]:
    """Make the moves, all or nothing for each parcel, and say of each step what became of it.

    Rows are locked in id order; several steps of one parcel apply in the order given. A fact that does not
    fit is recorded as an observation; a decision that does not fit is refused. Statements grow with the
    number of distinct moves, not with the number of parcels. `now` is when it is recorded.
    """
    with transaction.atomic():
        announce(by)
        held = hold([step.parcel for step in steps])
        call = _Call(by, now, held, look_around(steps, held), _already_known(steps, by))
        results = call.take(steps)
        settle_news(call.made, now)
        write(call.made, [parcel for parcel in call.held.values() if parcel.changed], now)
        after(call.made, call.around, now)
        return results


def decide(steps: Sequence[Step], born: dict[str, Held], *, by: Actor, now: datetime) -> list[Made]:
    """Return the moves which parcels make as they are registered, and change `born` to what they then are.

    The parcels have no rows yet: whoever registers them writes them as they are after their moves.

    :raises Refused: if one of the moves may not be made
    """
    call = _Call(by, now, born, Surroundings(), {})
    for result in call.take(steps):
        if result.problem:
            raise Refused(result.problem, result.detail)
    return call.made


class _Call:
    """One call of `advance`: what it holds, and what it has decided so far."""

    def __init__(
        self,
        by: Actor,
        now: datetime,
        held: dict[str, Held],
        around: Surroundings,
        known: dict[str, Result],
    ) -> None:
        self.by, self.now = by, now
        self.held, self.around, self.known = held, around, known
        self.made: list[Made] = []

    def take(self, steps: Sequence[Step]) -> list[Result]:
        places: dict[str, list[int]] = {}
        for place, step in enumerate(steps):
            places.setdefault(step.parcel, []).append(place)
        results: dict[int, Result] = {}
        for number, mine in places.items():
            results.update(zip(mine, self._one_parcel(number, [steps[place] for place in mine]), strict=True))
        self._leave_whole_or_stay(results, steps)
        return [results[place] for place in range(len(steps))]

    def _one_parcel(self, number: str, steps: Sequence[Step]) -> list[Result]:
        """Apply the steps of one parcel to a copy, so that a refusal leaves nothing half done."""
        original = self.held.get(number)
        if original is None:
            return [_refusal(step, Refused("unknown-parcel")) for step in steps]
        trial, made, results = original.copy(), len(self.made), []
        for step in steps:
            try:
                results.append(self._one(step, trial))
            except Refused as refused:
                del self.made[made:]
                self._forget(results)
                # All or nothing: what went before in this call did not happen either.
                return [_refusal(each, refused) for each in steps]
        self.held[number] = trial
        return results

    def _forget(self, taken_back: Sequence[Result]) -> None:
        for result in taken_back:
            if result.external_id is not None and result.result != "repeated":
                del self.known[result.external_id]

    def _one(self, step: Step, held: Held) -> Result:
        move = MOVES.get(step.move)
        if move is None or move is REGISTER:
            raise Refused("validation" if move is None else "illegal-move", "move")
        if step.external_id is not None:
            if not telling.is_external_id(step.external_id):
                raise Refused("validation", "external_id")
            if before := self.known.get(step.external_id):
                return _repeat(step, before)
        permission.check(move, held, self.by, step.details)
        telling.check(step, self.by, self.now)
        if missing := missing_details(move, step.details):
            raise Refused("missing-detail", ", ".join(missing))
        target = self._target(step, held)
        if target is None and move.kind is Kind.DECISION:
            raise Refused("illegal-move", f"{step.move} from {held.status}")
        conditions.check(move, held, self.by, step.details, self.around, self.now)
        details = lines.told(step, held, self.around)
        if target is None:
            return self._record(step, held, OBSERVE, held.status, {**details, "move": step.move})
        return self._record(step, held, step.move, target, details)

    def _target(self, step: Step, held: Held) -> Status | None:
        if step.move == CORRECT:
            undone = self.around.undone(held.id)
            return Status(undone.from_status) if undone else None
        return target_of(MOVES[step.move], held.status, step.details)

    def _record(
        self, step: Step, held: Held, move: str, target: Status, details: Mapping[str, Any]
    ) -> Result:
        made = Made(held, held.status, move, target, step, details, self.by)
        self.made.append(made)
        apply(made, self.now, self.around)
        result = Result(
            "observed" if move == OBSERVE else "moved",
            step.parcel,
            step.external_id,
            held.last_number,
            target.value,
        )
        if step.external_id is not None:
            self.known[step.external_id] = result._replace(detail=step.move)
        return result

    def _leave_whole_or_stay(self, results: dict[int, Result], steps: Sequence[Step]) -> None:
        """Take back the dispatch of every consignment of which a parcel was refused."""
        leaving = {
            place: self.held[step.parcel].consignment
            for place, step in enumerate(steps)
            if step.move == "dispatch" and step.parcel in self.held
        }
        torn = {leaving[place] for place in leaving if results[place].result == "refused"} - {None}
        if not torn:
            return
        staying = {steps[place].parcel for place, consignment in leaving.items() if consignment in torn}
        self.made = [made for made in self.made if made.held.number not in staying]
        for place, step in enumerate(steps):
            if step.parcel in staying:
                self.held[step.parcel].changed = False
                if results[place].result not in ("refused", "repeated"):
                    results[place] = _refusal(
                        step, Refused("not-now", "A consignment leaves whole or not at all.")
                    )


def observe(
    numbers: Sequence[str], what: str, *, by: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> int:
    """Record that something was seen or done with these parcels which moves nothing; return how many."""
    return observe_each(
        [Step(number, what, now, details=details or {}) for number in numbers], by=by, now=now
    )


def observe_each(steps: Sequence[Step], *, by: Actor, now: datetime) -> int:
    """Record what was seen or done with each parcel, with details of its own; return how many."""
    with transaction.atomic():
        announce(by)
        held = hold([step.parcel for step in steps])
        made: list[Made] = []
        for step in steps:
            if parcel := held.get(step.parcel):
                details = {**step.details, "move": step.move}
                made.append(Made(parcel, parcel.status, OBSERVE, parcel.status, step, details, by))
                apply(made[-1], now, Surroundings())
        write(made, list(held.values()), now)
        return len(made)


def _already_known(steps: Sequence[Step], by: Actor) -> dict[str, Result]:
    """Return what became of external ids this organisation has sent before."""
    ids = [step.external_id for step in steps if telling.is_external_id(step.external_id)]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.external_id, p.number, m.number, m.status,"
            "       CASE m.move WHEN 'observe' THEN m.details ->> 'move' ELSE m.move END"
            "  FROM parcels_movement m JOIN parcels_parcel p ON p.id = m.parcel_id"
            " WHERE m.organisation_id = %s AND m.external_id = ANY(%s)",
            [by.organisation_id, ids],
        )
        return {
            external_id: Result("repeated", parcel, external_id, number, status, None, move)
            for external_id, parcel, number, status, move in cursor.fetchall()
        }


def _repeat(step: Step, before: Result) -> Result:
    if (before.parcel, before.detail) != (step.parcel, step.move):
        raise Refused("external-id-reused")
    return before._replace(result="repeated", detail="")


def _refusal(step: Step, refused: Refused) -> Result:
    return Result("refused", step.parcel, step.external_id, problem=refused.problem, detail=refused.detail)
