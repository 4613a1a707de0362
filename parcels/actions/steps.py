"""What goes into `advance` and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from parcels.screening import Finding

# Clocks of phones and partners differ a little; more is a mistake.
AHEAD: Final = timedelta(minutes=5)
_NOTHING: Final[Mapping[str, object]] = {}


class Described(NamedTuple):
    """What a line really holds; all the pieces left in it are that. Grams a piece, as before where None."""

    line: int
    description: str
    unit_mass_g: int | None = None


class Step(NamedTuple):
    """One move asked for. `parcel` is its number; `external_id` makes a repeat harmless."""

    parcel: str
    move: str
    happened_at: datetime
    external_id: str | None = None
    details: Mapping[str, object] = _NOTHING
    findings: Sequence[Finding] = ()
    # Words: a movement keeps none.
    described: Sequence[Described] = ()


class Result(NamedTuple):
    """What became of a step. `problem` is a slug of /problems/, `detail` a sentence without personal data."""

    result: Literal["moved", "repeated", "observed", "refused"]
    parcel: str
    external_id: str | None
    number: int | None = None
    status: str | None = None
    problem: str | None = None
    detail: str = ""


class Refused(Exception):
    """A step that may not be made; `problem` is the slug of the contract."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail
