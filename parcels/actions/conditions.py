"""What must hold for a move beyond the table: masses, seals, the agreement, evidence.

Each condition raises and changes nothing; `CONDITIONS` says which moves it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeGuard

from exchanges import terms
from parcels.actions import custody
from parcels.actions.holding import Held, today
from parcels.actions.steps import Refused
from parcels.actions.surroundings import Surroundings
from parcels.actions.telling import is_code
from parcels.declarations import MOST_MASS_G
from parcels.lifecycle import (
    COMPLETE,
    CONFIRMING,
    EVIDENCE,
    EXAMINED_BEFORE,
    MOVES,
    NEEDS_AGREEMENT,
    REOPEN_REASONS,
    Kind,
    Move,
)
from people.actors import Actor

Details = Mapping[str, Any]
FATES: Final = ("kept", "returned", "given", "destroyed")


def check(move: Move, held: Held, by: Actor, details: Details, around: Surroundings, now: datetime) -> None:
    """:raises Refused: validation, missing-detail or not-now."""
    if held.frozen and move.kind is Kind.DECISION and move.name != "unpack":
        raise Refused("not-now", "This parcel is frozen until two officers release it.")
    if move.name in NEEDS_AGREEMENT and not terms.in_force(held.round.agreement, today(held.round, now)):
        raise Refused("not-now", "The agreement is not in force.")
    if condition := CONDITIONS.get(move.name):
        condition(held, by, details, around)


def _one_of(details: Details, key: str, known: Sequence[str]) -> None:
    if details[key] not in known:
        raise Refused("validation", key)


def _is_whole(number: object) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool)


def _mass(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    mass = details["gross_mass_g"]
    if not _is_whole(mass) or not 0 < mass <= MOST_MASS_G:
        raise Refused("validation", "gross_mass_g")


def _take_in(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    """At the counter or amended: it is weighed, and what stays out of it is told."""
    _mass(held, by, details, around)
    _lines_removed(held, by, details, around)


def _lines_removed(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    """Each entry names the line, how many pieces, why, and what became of them (kept, returned, ...)."""
    removed = details.get("lines_removed", [])
    if not isinstance(removed, list):
        raise Refused("validation", "lines_removed")
    left = dict(around.pieces.get(held.id, {}))
    for entry in removed:
        if (
            not isinstance(entry, Mapping)
            or entry.get("fate") not in FATES
            or not is_code(entry.get("reason"), 40)
        ):
            raise Refused("validation", "lines_removed")
        line, count = entry.get("line"), entry.get("count")
        if not _is_whole(line) or not _is_whole(count) or not 0 < count <= left.get(line, 0):
            raise Refused("validation", "lines_removed")
        left[line] -= count


def _admit(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    _one_of(details, "examined_before", EXAMINED_BEFORE)
    _lines_removed(held, by, details, around)


def _reopen(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    _one_of(details, "reason", REOPEN_REASONS)


def _pack(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    consignment = around.consignments.get(str(details["consignment"]))
    if consignment is None or consignment.round_id != held.round.pk:
        raise Refused("validation", "consignment")
    if consignment.status != "open":
        raise Refused("not-now", "The consignment is sealed.")
    # One answer for both: it must not tell whether the addressee is known at the holding side.
    if held.tie_checked_by is None or (held.recipient, held.round.holding_id) not in around.settled:
        raise Refused("not-now", "The addressee or the sender's tie is not settled yet.")


def _unpack(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    consignment = around.by_id[_consignment(held)]
    if consignment.status != "sealed":
        return  # open, or gone without this parcel, whose dispatch was undone
    if by.kind == "worker":
        raise Refused("not-now", "A sealed consignment is opened by a dispatcher.")
    missing = [key for key in ("old_seal", "new_seal") if not details.get(key)]
    if missing:
        raise Refused("missing-detail", ", ".join(missing))
    if details["old_seal"] != consignment.seal:
        raise Refused("validation", "old_seal")
    new = details["new_seal"]
    # Opened once for all parcels of the call, it is closed with one seal, and with a fresh one.
    if new in around.used_seals or new != around.resealed.get(consignment.pk, new):
        raise Refused("validation", "new_seal")


def _dispatch(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    consignment = around.by_id[_consignment(held)]
    if consignment.status != "sealed":
        raise Refused("not-now", "The consignment is not sealed.")
    if details["seal"] != consignment.seal:
        raise Refused("validation", "seal")
    if held.id in around.outdated:
        raise Refused("not-now", "New terms name it: take it out, so that it is screened again.")
    if consignment.pk not in around.whole:
        raise Refused("not-now", "A consignment leaves whole or not at all.")


def _receive(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    _one_of(details, "evidence", EVIDENCE)
    _one_of(details, "complete", COMPLETE)


def _confirm(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    _receive(held, by, details, around)
    if details["evidence"] not in CONFIRMING:
        raise Refused("validation", "Only the prisoner's own free word confirms; this is a receive.")
    if _speaker(held, "confirm", by, details) == around.reported_by.get(held.id):
        raise Refused("not-permitted", "Whoever reported receipt does not confirm it.")


def _find(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    _one_of(details, "where", MOVES["find"].targets)
    if details["where"] == "with_intermediary" and held.round.neutral_id is None:
        raise Refused("validation", "where")
    # Once receipt was reported, only a contest makes it missing. That there was one, a refusal must not tell:
    # before and after it the answer is the same.
    life = around.life.get(held.id)
    if life and life[-1].move in _REPORTS and not _may_find_after_report(held, by, details):
        raise Refused("not-permitted")


_REPORTS: Final = frozenset({"receive", "confirm", "contest"})


def _may_find_after_report(held: Held, by: Actor, details: Details) -> bool:
    if by.organisation_id == held.round.holding_id:
        return False
    is_neutral = _speaker(held, "find", by, details) == held.round.neutral_id
    return "liaison" in by.roles or is_neutral or "cites" in details


def _correct(held: Held, by: Actor, details: Details, around: Surroundings) -> None:
    undone = around.undone(held.id)
    if undone is None or not _is_whole(details["corrects"]) or details["corrects"] != undone.number:
        raise Refused("validation", "corrects")
    both = {by.organisation_id, by.approval.organisation_id if by.approval else None}
    if undone.organisation_id not in both:
        raise Refused("not-permitted", "One of the two is of the organisation that recorded it.")
    if undone.move == "unpack" and around.packed_before(held.id).status not in ("open", "sealed"):
        raise Refused("not-now", "Its consignment has left without it.")


def _speaker(held: Held, move: str, by: Actor, details: Details) -> int:
    return custody.speaker(held.round, move, details, by.organisation_id)


def _consignment(held: Held) -> int:
    if held.consignment is None:
        raise Refused("illegal-move")
    return held.consignment


CONDITIONS: Final[Mapping[str, Callable[[Held, Actor, Details, Surroundings], None]]] = {
    "accept": _take_in,
    "amend": _take_in,
    "reopen": _reopen,
    "pack": _pack,
    "unpack": _unpack,
    "dispatch": _dispatch,
    "admit": _admit,
    "receive": _receive,
    "confirm": _confirm,
    "find": _find,
    "correct": _correct,
}
