"""Which moves somebody may make with a parcel now, and making them with what a form told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction

from exchanges.models import Round
from parcels.actions import Described, Refused, Result, Step, advance, propose
from parcels.actions.care import REISSUE, TWO_OFFICER_MOVES, UNFREEZE
from parcels.actions.holding import Held
from parcels.actions.permission import check
from parcels.admin import words
from parcels.lifecycle import CORRECT, END, MOVES, Kind, Move, Status, Who, is_two_person, moves_from
from parcels.models import Parcel
from people.actors import OFFICERS, Actor
from people.approvals import NotOpen, NotYours
from people.models import Organisation

# Acts of two officers that are proposed on the parcel's page and decided on the list of waiting acts.
PROPOSED: Final = (*TWO_OFFICER_MOVES, UNFREEZE, REISSUE)
# Each parcel has a mass or lines of its own.
ONE_AT_A_TIME: Final = frozenset({"amend", *PROPOSED})
# Nobody weighs more than this on one page.
MOST_AT_ONCE: Final = 2_000
# Decided on the review page, by two.
_VOTED: Final = frozenset({"clear", "refuse"})


class Possible(NamedTuple):
    """A move somebody may make, in whose name: their own (None), or that of another end of the round."""

    name: str
    label: str
    speakers: tuple[Organisation | None, ...]


def possible(parcel: Parcel, by: Actor) -> list[Possible]:
    """Return what `by` may do with the parcel in the status it is in, in the order of the table."""
    moves = [
        Possible(move.name, words.DO[move.name], speakers)
        for move in moves_from(Status(parcel.status))
        if move.name in words.DO
        and not is_two_person(move, Status(parcel.status))
        and not _stopped(parcel, move)
        and (speakers := tuple(_speakers(parcel, move, by)))
    ]
    return [*moves, *(Possible(act, words.DO[act], (None,)) for act in _acts(parcel, by))]


def _stopped(parcel: Parcel, move: Move) -> bool:
    return parcel.frozen and move.kind is Kind.DECISION and move.name != "unpack"


def _speakers(parcel: Parcel, move: Move, by: Actor) -> Iterable[Organisation | None]:
    held = _as_held(parcel)
    ends = _ends(parcel.round) if "liaison" in by.roles and move.kind is Kind.FACT else ()
    for speaker in (None, *(end for end in ends if end.pk != by.organisation_id)):
        details = {"on_behalf_of": speaker.code, "document": "-"} if speaker else {}
        try:
            check(move, held, by, details)
        except Refused:
            continue
        yield speaker


def _acts(parcel: Parcel, by: Actor) -> Iterable[str]:
    if not by.roles & OFFICERS:
        return
    if parcel.frozen:
        yield UNFREEZE
        return
    for act in TWO_OFFICER_MOVES:
        sources = MOVES[act].sources
        if parcel.status in sources or (act == CORRECT and parcel.status != Status.REGISTERED):
            yield act
    if parcel.round.sending_id == by.organisation_id and parcel.status not in END:
        yield REISSUE


def _ends(round_: Round) -> list[Organisation]:
    return [end for end in (round_.sending, round_.neutral, round_.holding) if end is not None]


def _as_held(parcel: Parcel) -> Held:
    """Return what `permission.check` asks of a held parcel, without locking it."""
    held = Held.__new__(Held)
    held.id, held.status, held.holder = parcel.pk, Status(parcel.status), parcel.holder_id
    held.round = parcel.round
    return held


def in_bulk(by: Actor, relations: Collection[str]) -> list[str]:
    """Return the moves `by` may ever make with many parcels at once, at these ends of their rounds."""
    return [
        name
        for name, move in MOVES.items()
        if name in words.DO and name not in ONE_AT_A_TIME and _ever(move, by, relations)
    ]


def _ever(move: Move, by: Actor, relations: Collection[str]) -> bool:
    may: set[str] = set(by.roles & {Who.LIAISON})
    if Who.SENDING in relations:
        may |= by.roles
    if by.acts_in_relations:
        may |= {*relations, Who.HOLDER}
    if Who.LIAISON in by.roles:
        may |= {Who.SENDING_LIAISON} & {f"{relation}_liaison" for relation in relations}
        # A liaison may record what any end of the round states.
        may |= {Who.SENDING, Who.NEUTRAL, Who.HOLDING, Who.HOLDER} if move.kind is Kind.FACT else set()
    return bool(may & set(move.who))


def make(
    move: str,
    parcels: Sequence[Parcel],
    details: Callable[[Parcel], Mapping[str, Any]],
    *,
    once: str,
    by: Actor,
    happened_at: datetime,
    now: datetime,
    described: Sequence[Described] = (),
) -> list[Result]:
    """Make the move with each parcel, or propose it. The form's `once` makes sending it twice harmless."""
    if move in PROPOSED:
        return [_propose(move, parcel, details(parcel), by, now) for parcel in parcels]
    steps = [
        Step(
            parcel.number, move, happened_at, f"{once}:{parcel.number}", details(parcel), described=described
        )
        for parcel in parcels
    ]
    return advance(steps, by=by, now=now)


def _propose(act: str, parcel: Parcel, details: Mapping[str, Any], by: Actor, now: datetime) -> Result:
    try:
        with transaction.atomic():
            propose(parcel.number, act, by=by, now=now, details=details)
    except Refused as refused:
        return Result("refused", parcel.number, None, problem=refused.problem, detail=refused.detail)
    except NotOpen:
        why = "This is proposed already and waits for a second person."
        return Result("refused", parcel.number, None, problem="not-now", detail=why)
    except NotYours:
        return Result("refused", parcel.number, None, problem="not-permitted")
    return Result("moved", parcel.number, None, status=parcel.status)
