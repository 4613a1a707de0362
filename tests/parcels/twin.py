"""A parcel as a dict would keep it: the legal moves written down a second time, by hand and from the design."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

# status → move → where it leads; "find" leads to the status it names.
LEGAL: dict[str, dict[str, str]] = {
    "registered": {"cancel": "cancelled", "accept": "accepted"},
    "accepted": {"clear": "cleared", "hold": "in_review", "refuse": "refused", "send_back": "returning"},
    "in_review": {"amend": "accepted", "recheck": "accepted", "send_back": "returning"},
    "refused": {
        "reopen": "in_review", "amend": "accepted", "recheck": "accepted", "send_back": "returning",
        "dispose": "disposed",
    },
    "cleared": {
        "reopen": "in_review", "recheck": "accepted", "pack": "packed", "send_back": "returning",
    },
    "packed": {"unpack": "cleared", "dispatch": "dispatched"},
    "dispatched": {
        "entrust": "with_intermediary", "hand_over": "handed_over", "bring_back": "returning",
        "report_missing": "missing",
    },
    "with_intermediary": {
        "hand_over": "handed_over", "bring_back": "returning", "report_missing": "missing",
    },
    "handed_over": {
        "admit": "admitted", "receive": "received", "confirm": "confirmed", "fail": "undeliverable",
        "report_missing": "missing",
    },
    "admitted": {
        "receive": "received", "confirm": "confirmed", "fail": "undeliverable", "report_missing": "missing",
    },
    "undeliverable": {
        "receive": "received", "confirm": "confirmed", "redirect": "handed_over", "bring_back": "returning",
        "dispose": "disposed",
    },
    "received": {"confirm": "confirmed", "contest": "missing"},
    "confirmed": {"contest": "missing"},
    "returning": {"return": "returned", "report_missing": "missing", "dispose": "disposed"},
    "missing": {"receive": "received", "confirm": "confirmed", "find": "", "write_off": "lost"},
    "returned": {}, "disposed": {}, "lost": {}, "cancelled": {},
}  # fmt: skip
FACTS = frozenset(
    {
        "entrust", "hand_over", "admit", "receive", "confirm", "contest", "fail", "redirect", "bring_back",
        "return", "report_missing", "find",
    }
)  # fmt: skip
FOUND_IN = ("accepted", "with_intermediary", "handed_over", "admitted", "returning")
_HOLDS_IN = {
    "accepted": "north", "with_intermediary": "harbour", "handed_over": "south", "admitted": "south",
}  # fmt: skip


class Moved(NamedTuple):
    """A movement that counts."""

    number: int
    move: str
    from_status: str
    status: str
    by: str
    """The organisation that recorded it."""
    into: int | None = None
    """The consignment, where it packs."""


@dataclass
class Twin:
    status: str = "registered"
    last_number: int = 1
    life: list[Moved] = field(default_factory=list)
    votes: list[tuple[str, str]] = field(default_factory=list)
    """(who, decision) of the review that is open."""

    def copy(self) -> Twin:
        return deepcopy(self)

    @property
    def holder(self) -> str | None:
        holder = None
        for each in self.life:
            if each.move in ("accept", "entrust", "hand_over", "find", "return"):
                holder = _HOLDS_IN.get(each.status, each.by)
        return holder

    @property
    def consignment(self) -> int | None:
        into = None
        for each in self.life:
            if each.move == "pack":
                into = each.into
            elif each.move == "unpack" or (each.move, each.status) == ("find", "accepted"):
                into = None
        return into

    def move(self, move: str, by: str, *, where: str = "", into: int | None = None) -> str:
        """Do it as the product should, and return what it should answer."""
        if move == "bring_back" and by != self.holder:
            return "refused"
        target = LEGAL[self.status].get(move)
        if target is None and move not in FACTS:
            return "refused"
        self.last_number += 1
        if target is None:
            return "observed"
        self._go(move, target or where, by, into)
        return "moved"

    def _go(self, move: str, status: str, by: str, into: int | None = None) -> None:
        if self.status == "in_review":
            self.votes = []
        self.life.append(Moved(self.last_number, move, self.status, status, by, into))
        self.status = status

    def correct(self) -> str:
        """Undo the last that counts; one of the two officers is of the office that recorded it."""
        if not self.life or self.life[-1].by != "north":
            return "refused"
        if self.status == "in_review":
            self.votes = []
        self.last_number += 1
        self.status = self.life.pop().from_status
        return "moved"

    def vote(self, who: str, decision: str) -> str:
        if self.status != "in_review":
            return "refused"
        coordinates, tie = who == "ivo", len(self.votes) == 2
        if coordinates is not tie or who in (voter for voter, _ in self.votes):
            return "not yours"
        if not tie and (not self.votes or self.votes[0][1] != decision):
            self.votes.append((who, decision))
            return "waiting" if len(self.votes) == 1 else "differs"
        self.last_number += 1
        self._go(decision, {"clear": "cleared", "refuse": "refused"}[decision], "north")
        return "settled"
