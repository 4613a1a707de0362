"""What a worker has decided for many parcels, gathered so that few statements do it."""

from collections import defaultdict
from datetime import datetime

from parcels.actions import Step, advance, observe_each
from parcels.models import Parcel
from people import actors


class Stuck(Exception):
    """A parcel that was due could not be moved: left as it is, it would be due for ever."""


class Acts:
    """Moves and marks, by the organisation whose worker makes them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._moves: dict[int, list[Step]] = defaultdict(list)
        self._marks: dict[int, list[Step]] = defaultdict(list)

    def move(self, organisation: int, parcel: str, move: str, **details: object) -> None:
        self._moves[organisation].append(Step(parcel, move, self.now, details=details))

    def flag(self, organisation: int, parcel: str, **details: object) -> None:
        """A person should look. The observation says why, and that it was done."""
        self._marks[organisation].append(Step(parcel, "flag", self.now, details=details))

    def freeze(self, organisation: int, parcel: str, **details: object) -> None:
        self._marks[organisation].append(Step(parcel, "freeze", self.now, details=details))

    def carry_out(self) -> None:
        """:raises Stuck: when a move is refused; nothing is done then."""
        for organisation, steps in sorted(self._moves.items()):
            advance_all(steps, organisation, self.now)
        for organisation, steps in sorted(self._marks.items()):
            observe_each(steps, by=actors.worker(organisation), now=self.now)
        marks = [step for steps in self._marks.values() for step in steps]
        for what, column in (("flag", "flagged"), ("freeze", "frozen")):
            if numbers := [step.parcel for step in marks if step.move == what]:
                Parcel.objects.filter(number__in=numbers).update(**{column: True})


def advance_all(steps: list[Step], organisation: int, now: datetime) -> None:
    """:raises Stuck: when one is refused."""
    for result in advance(steps, by=actors.worker(organisation), now=now):
        if result.problem:
            raise Stuck(result.problem)
