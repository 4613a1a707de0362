"""The moves of a parcel as the two sides agreed on them, written down a second time. Touches nothing."""

from typing import Final

_HERE = ("accepted", "in_review", "refused", "cleared")
_ROAD = ("dispatched", "with_intermediary")
_THERE = ("handed_over", "admitted")

_TABLE: Final = (
    ("cancel", ("registered",), ("cancelled",)),
    ("accept", ("registered",), ("accepted",)),
    ("clear", ("accepted", "in_review"), ("cleared",)),
    ("hold", ("accepted",), ("in_review",)),
    ("refuse", ("accepted", "in_review"), ("refused",)),
    ("reopen", ("cleared", "refused"), ("in_review",)),
    ("amend", ("in_review", "refused"), ("accepted",)),
    ("recheck", ("cleared", "in_review", "refused"), ("accepted",)),
    ("pack", ("cleared",), ("packed",)),
    ("unpack", ("packed",), ("cleared",)),
    ("dispatch", ("packed",), ("dispatched",)),
    ("send_back", _HERE, ("returning",)),
    ("entrust", ("dispatched",), ("with_intermediary",)),
    ("hand_over", _ROAD, ("handed_over",)),
    ("admit", ("handed_over",), ("admitted",)),
    ("receive", (*_THERE, "undeliverable", "missing"), ("received",)),
    ("confirm", (*_THERE, "received", "undeliverable", "missing"), ("confirmed",)),
    ("contest", ("received", "confirmed"), ("missing",)),
    ("fail", _THERE, ("undeliverable",)),
    ("redirect", ("undeliverable",), ("handed_over",)),
    ("bring_back", (*_ROAD, "undeliverable"), ("returning",)),
    ("return", ("returning",), ("returned",)),
    ("report_missing", (*_ROAD, *_THERE, "returning"), ("missing",)),
    ("find", ("missing",), ("accepted", "with_intermediary", *_THERE, "returning")),
    ("dispose", ("refused", "undeliverable", "returning"), ("disposed",)),
    ("write_off", ("missing",), ("lost",)),
)
EDGES: Final = frozenset(
    (before, move, after) for move, sources, targets in _TABLE for before in sources for after in targets
)
MOVES: Final = frozenset(move for _, move, _ in EDGES)
# In these the parcel is in somebody's custody whom the movements name.
WITH_SENDING: Final = frozenset({*_HERE, "packed", "dispatched"})
ENDED: Final = frozenset({"confirmed", "returned", "disposed", "lost", "cancelled"})


def is_legal(before: str | None, move: str, after: str) -> bool:
    """Whether a movement may be: a first registers, an observation stays, a correction goes an edge back."""
    if before is None:
        return (move, after) == ("register", "registered")
    if move == "observe":
        return before == after
    if move == "correct":
        return any((after, name, before) in EDGES for name in MOVES)
    return (before, move, after) in EDGES


def holder_after(move: str, after: str, before: str, speaker: str) -> str:
    """Return who has custody after a movement: sending, neutral, holding, or nobody (`""`).

    :param before: who had it
    :param speaker: whose word the movement is
    """
    if move == "accept":
        return "sending"
    if move == "entrust":
        return "neutral"
    if move == "hand_over":
        return "holding"
    if move == "return":
        return speaker
    if move == "find":
        places = {"accepted": "sending", "with_intermediary": "neutral"}
        places |= {"handed_over": "holding", "admitted": "holding"}
        return places.get(after, speaker)
    return before
