"""Who may make which move: the table's `who`, read against the parcel's round."""

from __future__ import annotations

from collections.abc import Mapping

from parcels.actions import custody
from parcels.actions.holding import Held
from parcels.actions.steps import Refused
from parcels.lifecycle import Kind, Move, Who, is_two_person
from people.actors import Actor

_SENDING_ROLES = frozenset({Who.REGISTRAR, Who.SCREENER, Who.DISPATCHER})


def organisations_of(held: Held) -> dict[str, int | None]:
    return {
        "sending": held.round.sending_id,
        "neutral": held.round.neutral_id,
        "holding": held.round.holding_id,
    }


def check(move: Move, held: Held, by: Actor, details: Mapping[str, object]) -> None:
    """:raises Refused: unknown-parcel outside the actor's rounds, not-permitted without the right."""
    if by.kind != "worker" and by.organisation_id not in organisations_of(held).values():
        raise Refused("unknown-parcel")
    if by.kind == "worker" and move.kind is Kind.FACT and "cites" in details:
        return  # an observation that has become legal: its own mover's right was checked when it came in
    if is_two_person(move, held.status):
        _check_two_people(move, held, by)
        return
    speaker = _speaker(move, held, by, details)
    if not any(_is(who, speaker, held, by) for who in move.who):
        raise Refused("not-permitted")


def _check_two_people(move: Move, held: Held, by: Actor) -> None:
    approval = by.approval
    if (
        approval is None
        or approval.decided_by_id != by.staff_id
        or (approval.subject_kind, approval.subject) != ("parcel", held.id)
        or approval.act != ("review" if Who.TWO_SCREENERS in move.who else move.name)
    ):
        raise Refused("not-permitted", "This is an act of two people.")


def _speaker(move: Move, held: Held, by: Actor, details: Mapping[str, object]) -> int:
    """Return the organisation whose word this is: a liaison may record a partner's fact, naming the paper."""
    if not details.get("on_behalf_of") or move.kind is not Kind.FACT:
        return by.organisation_id
    if "liaison" not in by.roles:
        raise Refused("not-permitted", "Only a liaison records a partner's word.")
    if not details.get("document"):
        raise Refused("missing-detail", "document")
    if str(details["on_behalf_of"]) not in custody.codes(held.round):
        raise Refused("validation", "on_behalf_of")
    return custody.speaker(held.round, move.name, details, by.organisation_id)


def _is(who: Who, speaker: int, held: Held, by: Actor) -> bool:
    behalf = speaker != by.organisation_id
    stands = behalf or by.acts_in_relations
    match who:
        case Who.WORKER | Who.FAMILY:
            return by.kind == who.value
        case Who.SENDING | Who.NEUTRAL | Who.HOLDING:
            return stands and speaker == organisations_of(held)[who.value]
        case Who.HOLDER:
            return stands and speaker == held.holder
        case Who.LIAISON:
            return who.value in by.roles
        case Who.SENDING_LIAISON:
            # Its own word: what it records on behalf of another is that one's.
            return "liaison" in by.roles and by.organisation_id == speaker == held.round.sending_id
        case Who.REGISTRAR | Who.SCREENER | Who.DISPATCHER:
            return who.value in by.roles and by.organisation_id == held.round.sending_id
    return False
