"""The life of a parcel, from the kitchen table to a graded proof, or home again.

    register ─▶ registered ──cancel──▶ cancelled
                    │ accept
                    ▼
     ┌─────────▶ accepted ──hold──▶ in_review ◀──reopen── refused
     │ amend      │    │ clear        │   │ refuse          ▲
     │ recheck    │    └─────┐  clear │   └─────────────────┤
     │            └──refuse──│────────│─────────────────────┘
     │                       ▼        ▼
     └─ in_review, refused,  cleared ◀┘      accepted, in_review, refused, cleared
        cleared               │   ▲                     │ send_back
                         pack ▼   │ unpack              ▼
                            packed            returning ──return──▶ returned
                              │ dispatch          ▲
                              ▼                   │ bring_back
                         dispatched ──────────────┤
                  entrust │     │ hand_over        │
                          ▼     │                 │
             with_intermediary ─┼─────────────────┤
                          │     ▼                 │
                hand_over └▶ handed_over ──fail──▶ undeliverable
                              │  ▲                │  │
                        admit │  └────redirect────┘  │
                              ▼                      │
                           admitted ──fail───────────┘
                              │ receive (also from handed_over, undeliverable, missing)
                              ▼
                           received ──confirm──▶ confirmed      (confirm from wherever receive may)

    dispatched … returning ──report_missing──▶ missing ──find──▶ where it is found
    received, confirmed ──contest──▶ missing ──write_off──▶ lost
    refused, undeliverable, returning ──dispose──▶ disposed
    correct undoes the last movement that still counts, by two officers.

This file says what may happen to a parcel, who may do it and what they must tell. It touches no database:
`actions.advance` carries the moves out, and a migration writes the same table into PostgreSQL.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Status(StrEnum):
    REGISTERED = "registered"  # declared, not yet handed in
    ACCEPTED = "accepted"  # weighed and taken in at a collection point
    IN_REVIEW = "in_review"  # screening needs a person to decide
    REFUSED = "refused"  # not accepted as packed
    CLEARED = "cleared"  # may travel
    PACKED = "packed"  # in a consignment
    DISPATCHED = "dispatched"  # its consignment, sealed, has left
    WITH_INTERMEDIARY = "with_intermediary"  # the neutral intermediary holds it
    HANDED_OVER = "handed_over"  # the holding side has taken custody; never shown as received
    ADMITTED = "admitted"  # passed the holding side's examination
    RECEIVED = "received"  # receipt reported, with its grade
    CONFIRMED = "confirmed"  # the prisoner's own word says so
    UNDELIVERABLE = "undeliverable"  # could not be given to the addressee
    RETURNING = "returning"  # on the way back
    RETURNED = "returned"  # the sender has it again
    DISPOSED = "disposed"  # destroyed or given to other prisoners, by two people, with a reason
    MISSING = "missing"  # being traced
    LOST = "lost"  # traced without result
    CANCELLED = "cancelled"  # withdrawn before it was handed in


class Kind(StrEnum):
    DECISION = "decision"  # taken here, may be refused
    FACT = "fact"  # happened in the world, always recorded


class Who(StrEnum):
    """Who may make a move: a role, a relation to the round, or a standing."""

    FAMILY = "family"  # whoever has the receipt code
    WORKER = "worker"  # the system itself
    REGISTRAR = "registrar"
    SCREENER = "screener"
    DISPATCHER = "dispatcher"
    LIAISON = "liaison"
    SENDING = "sending"
    NEUTRAL = "neutral"
    HOLDING = "holding"
    HOLDER = "holder"  # the organisation that took custody last
    SENDING_LIAISON = "sending_liaison"
    TWO_SCREENERS = "two_screeners"
    TWO_OFFICERS = "two_officers"


class Move(NamedTuple):
    """One row of the table. `needs` are the detail keys without which it is refused (missing-detail)."""

    name: str
    kind: Kind
    sources: tuple[Status, ...]
    targets: tuple[Status, ...]
    who: tuple[Who, ...]
    needs: tuple[str, ...] = ()

    @property
    def target(self) -> Status:
        return self.targets[0]


S, W, D, F = Status, Who, Kind.DECISION, Kind.FACT

REGISTER: Final = Move(
    "register", D, (), (S.REGISTERED,), (W.FAMILY, W.REGISTRAR, W.SENDING), ("declaration",)
)
_ON_THE_WAY = (S.DISPATCHED, S.WITH_INTERMEDIARY)
_AT_THE_END = (S.HANDED_OVER, S.ADMITTED)
_HELD_HERE = (S.ACCEPTED, S.IN_REVIEW, S.REFUSED, S.CLEARED)

MOVES: Final[Mapping[str, Move]] = {
    move.name: move
    for move in (
        REGISTER,
        Move("cancel", D, (S.REGISTERED,), (S.CANCELLED,), (W.FAMILY, W.REGISTRAR, W.WORKER)),
        Move("accept", D, (S.REGISTERED,), (S.ACCEPTED,), (W.REGISTRAR,), ("gross_mass_g", "place")),
        Move("clear", D, (S.ACCEPTED, S.IN_REVIEW), (S.CLEARED,), (W.WORKER, W.TWO_SCREENERS)),
        Move("hold", D, (S.ACCEPTED,), (S.IN_REVIEW,), (W.WORKER,), ("findings",)),
        Move(
            "refuse",
            D,
            (S.ACCEPTED, S.IN_REVIEW),
            (S.REFUSED,),
            (W.WORKER, W.TWO_SCREENERS),
            ("reason",),
        ),
        Move("reopen", D, (S.CLEARED, S.REFUSED), (S.IN_REVIEW,), (W.SCREENER, W.REGISTRAR), ("reason",)),
        Move(
            "amend",
            D,
            (S.IN_REVIEW, S.REFUSED),
            (S.ACCEPTED,),
            (W.REGISTRAR,),
            ("lines_removed", "gross_mass_g"),
        ),
        Move(
            "recheck",
            D,
            (S.CLEARED, S.IN_REVIEW, S.REFUSED),
            (S.ACCEPTED,),
            (W.WORKER,),
            ("rules_version",),
        ),
        Move("pack", D, (S.CLEARED,), (S.PACKED,), (W.DISPATCHER,), ("consignment",)),
        Move("unpack", D, (S.PACKED,), (S.CLEARED,), (W.DISPATCHER, W.WORKER), ("reason",)),
        Move("dispatch", D, (S.PACKED,), (S.DISPATCHED,), (W.DISPATCHER,), ("seal",)),
        Move("send_back", D, _HELD_HERE, (S.RETURNING,), (W.DISPATCHER, W.WORKER), ("reason",)),
        Move("entrust", F, (S.DISPATCHED,), (S.WITH_INTERMEDIARY,), (W.NEUTRAL,)),
        Move("hand_over", F, _ON_THE_WAY, (S.HANDED_OVER,), (W.NEUTRAL, W.HOLDING), ("act",)),
        Move("admit", F, (S.HANDED_OVER,), (S.ADMITTED,), (W.HOLDING,), ("examined_before",)),
        Move(
            "receive",
            F,
            (*_AT_THE_END, S.UNDELIVERABLE, S.MISSING),
            (S.RECEIVED,),
            (W.HOLDING, W.NEUTRAL, W.LIAISON, W.WORKER),
            ("evidence", "complete"),
        ),
        Move(
            "confirm",
            F,
            (*_AT_THE_END, S.RECEIVED, S.UNDELIVERABLE, S.MISSING),
            (S.CONFIRMED,),
            (W.SENDING_LIAISON, W.NEUTRAL, W.WORKER),
            ("evidence", "complete"),
        ),
        Move(
            "contest",
            F,
            (S.RECEIVED, S.CONFIRMED),
            (S.MISSING,),
            (W.SENDING_LIAISON, W.NEUTRAL, W.WORKER),
            ("document",),
        ),
        Move("fail", F, _AT_THE_END, (S.UNDELIVERABLE,), (W.HOLDING,), ("reason",)),
        Move("redirect", F, (S.UNDELIVERABLE,), (S.HANDED_OVER,), (W.HOLDING,)),
        Move("bring_back", F, (*_ON_THE_WAY, S.UNDELIVERABLE), (S.RETURNING,), (W.HOLDER,), ("reason",)),
        Move("return", F, (S.RETURNING,), (S.RETURNED,), (W.REGISTRAR,)),
        Move(
            "report_missing",
            F,
            (*_ON_THE_WAY, *_AT_THE_END, S.RETURNING),
            (S.MISSING,),
            (W.SENDING, W.NEUTRAL, W.HOLDING, W.LIAISON),
        ),
        Move(
            "find",
            F,
            (S.MISSING,),
            (S.ACCEPTED, S.WITH_INTERMEDIARY, *_AT_THE_END, S.RETURNING),
            (W.SENDING, W.NEUTRAL, W.HOLDING, W.LIAISON),
            ("where", "seal"),
        ),
        Move(
            "dispose",
            D,
            (S.REFUSED, S.UNDELIVERABLE, S.RETURNING),
            (S.DISPOSED,),
            (W.TWO_OFFICERS,),
            ("method", "reason"),
        ),
        Move("write_off", D, (S.MISSING,), (S.LOST,), (W.TWO_OFFICERS,), ("last_holder", "searched")),
        # Its edges are the reverse of every other move's: see `edges`.
        Move("correct", D, (), (), (W.TWO_OFFICERS,), ("corrects", "reason")),
    )
}

OBSERVE: Final = "observe"
CORRECT: Final = "correct"

# Strongest first. Only the first two are the prisoner's own free word, and only they confirm.
EVIDENCE: Final = (
    "own_reply",
    "own_word_private",
    "own_word",
    "representative",
    "holding_list",
    "photo",
    "none",
)
CONFIRMING: Final = EVIDENCE[:2]
COMPLETE: Final = ("yes", "partly", "unknown")
EXAMINED_BEFORE: Final = ("addressee", "delegate", "nobody", "unknown")  # GC III 76
REOPEN_REASONS: Final = ("found", "sender_objects")

END: Final = frozenset({S.CONFIRMED, S.RETURNED, S.DISPOSED, S.LOST, S.CANCELLED})
# A family reads these only when a liaison has released them.
HARD_NEWS: Final = frozenset({S.UNDELIVERABLE, S.DISPOSED, S.MISSING, S.LOST})
# Taking one of these makes the mover's organisation the holder.
TAKES_CUSTODY: Final = frozenset({"accept", "entrust", "hand_over", "find", "return"})
# One public day for all parcels of a consignment.
PUBLIC_TOGETHER: Final = frozenset({"dispatch", "entrust", "hand_over"})
# What an agreement out of force stops. What has left finishes under the terms it left with.
NEEDS_AGREEMENT: Final = frozenset({"register", "accept", "pack", "dispatch"})

FAMILY_WORD: Final[Mapping[Status, str]] = {
    S.REGISTERED: "registered",
    S.ACCEPTED: "taken_in",
    S.IN_REVIEW: "being_checked",
    S.REFUSED: "needs_attention",
    S.CLEARED: "checked",
    S.PACKED: "checked",
    S.DISPATCHED: "on_the_way",
    S.WITH_INTERMEDIARY: "on_the_way",
    S.HANDED_OVER: "with_holding_side",
    S.ADMITTED: "with_holding_side",
    S.RECEIVED: "receipt_reported",
    S.CONFIRMED: "received",
    S.UNDELIVERABLE: "not_delivered",
    S.RETURNING: "coming_back",
    S.RETURNED: "returned",
    S.DISPOSED: "closed",
    S.MISSING: "being_traced",
    S.LOST: "closed",
    S.CANCELLED: "cancelled",
}


def edges() -> Iterator[tuple[Status, str, Status]]:
    """Yield every (from, move, to) the database accepts for movement 2 and later.

    Besides the table's own: an observation at every status, and for `correct` the reverse of every edge.
    """
    plain = [
        (source, move.name, target)
        for move in MOVES.values()
        for source in move.sources
        for target in move.targets
    ]
    yield from plain
    yield from ((status, OBSERVE, status) for status in Status)
    yield from sorted({(target, CORRECT, source) for source, _, target in plain})


def target_of(move: Move, status: Status, details: Mapping[str, object]) -> Status | None:
    """Return where `move` leads from `status`, or None where the table has no such edge.

    `find` leads to the status it was found in, which its details name.
    """
    if status not in move.sources:
        return None
    if len(move.targets) == 1:
        return move.targets[0]
    where = details.get("where")
    return next((target for target in move.targets if target == where), None)


def missing_details(move: Move, details: Mapping[str, object]) -> list[str]:
    return [key for key in move.needs if details.get(key) in (None, "")]


def moves_from(status: Status) -> list[Move]:
    return [move for move in MOVES.values() if status in move.sources]


def is_two_person(move: Move, status: Status) -> bool:
    """Whether the move is an act of two people: never done through the API or by one."""
    return W.TWO_OFFICERS in move.who or (W.TWO_SCREENERS in move.who and status == S.IN_REVIEW)
