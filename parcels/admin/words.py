"""Statuses, moves and reasons in the words of the people who work here. Colour never stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from parcels.lifecycle import Status

S = Status

STATUS: Final[Mapping[str, str]] = {status.value: status.value.replace("_", " ") for status in Status} | {
    S.IN_REVIEW: "in review",
    S.REFUSED: "not accepted as packed",
    S.WITH_INTERMEDIARY: "with intermediary",
    S.HANDED_OVER: "with holding side",
    S.RECEIVED: "receipt reported",
    S.CONFIRMED: "receipt confirmed",
    S.MISSING: "being traced",
    S.LOST: "traced without result",
}
TONE: Final[Mapping[str, str]] = {
    S.REGISTERED: "home", S.ACCEPTED: "home", S.IN_REVIEW: "look", S.REFUSED: "look", S.CLEARED: "ready",
    S.PACKED: "ready", S.DISPATCHED: "way", S.WITH_INTERMEDIARY: "way", S.HANDED_OVER: "way",
    S.ADMITTED: "way", S.RECEIVED: "done", S.CONFIRMED: "done", S.UNDELIVERABLE: "hard", S.MISSING: "hard",
    S.LOST: "hard", S.DISPOSED: "hard", S.RETURNING: "back", S.RETURNED: "back", S.CANCELLED: "closed",
}  # fmt: skip
FAMILY: Final[Mapping[str, str]] = {
    "registered": "registered",
    "taken_in": "taken in",
    "being_checked": "being checked",
    "needs_attention": "needs attention",
    "checked": "checked",
    "on_the_way": "on the way",
    "with_holding_side": "with the holding side",
    "receipt_reported": "receipt reported",
    "received": "received",
    "not_delivered": "not delivered",
    "coming_back": "coming back",
    "returned": "returned",
    "closed": "closed",
    "being_traced": "being traced",
    "cancelled": "cancelled",
}

# The button for a move: what one is about to do.
DO: Final[Mapping[str, str]] = {
    "cancel": "Cancel",
    "accept": "Weigh and accept",
    "reopen": "Reopen for review",
    "amend": "Amend and take in again",
    "pack": "Pack",
    "unpack": "Unpack",
    "dispatch": "Dispatch",
    "send_back": "Send back",
    "entrust": "Entrusted to the intermediary",
    "hand_over": "Handed over",
    "admit": "Admitted",
    "receive": "Receipt reported",
    "confirm": "Receipt confirmed",
    "contest": "Receipt contested",
    "fail": "Could not be delivered",
    "redirect": "Goes on to the addressee",
    "bring_back": "Brought back",
    "return": "Given back to the sender",
    "report_missing": "Report missing",
    "find": "Found",
    "dispose": "Propose to dispose of it",
    "write_off": "Propose to end tracing",
    "correct": "Propose a correction",
    "unfreeze": "Propose to unfreeze",
    "reissue": "Propose a new receipt code",
}

# In the history: what was done.
DONE: Final[Mapping[str, str]] = {
    "register": "registered",
    "cancel": "cancelled",
    "accept": "weighed and accepted",
    "clear": "cleared",
    "hold": "held for review",
    "refuse": "not accepted as packed",
    "reopen": "reopened for review",
    "amend": "amended",
    "recheck": "to be screened again",
    "pack": "packed",
    "unpack": "unpacked",
    "dispatch": "dispatched",
    "send_back": "sent back",
    "entrust": "entrusted to the intermediary",
    "hand_over": "handed over",
    "admit": "admitted",
    "receive": "receipt reported",
    "confirm": "receipt confirmed",
    "contest": "receipt contested",
    "fail": "could not be delivered",
    "redirect": "goes on to the addressee",
    "bring_back": "brought back",
    "return": "given back to the sender",
    "report_missing": "reported missing",
    "find": "found",
    "dispose": "disposed of",
    "write_off": "tracing ended",
    "correct": "corrected",
    "freeze": "frozen",
    "unfreeze": "unfrozen",
    "reissue": "new receipt code",
}

ACT: Final[Mapping[str, str]] = {
    "dispose": "dispose of parcel",
    "write_off": "end tracing of parcel",
    "correct": "correct parcel",
    "unfreeze": "unfreeze parcel",
    "reissue": "new receipt code for parcel",
    "terms_in_force": "put terms in force",
    "situation": "record a situation",
    "let_go": "let the family know what is kept from it, of",
    "print_slips": "print the families' slips of round",
    "same_person": "state that two records are one person",
    "not_same_person": "state that two records are two persons",
    "take_back_match": "take back what was stated of two records",
    "export": "export a comparison of lists, with its names",
    "erase": "erase a person, as asked in",
    "refuse_request": "refuse",
    "subject_file": "make the file of all we hold on a person, once, for",
    "lift_mark": "use data again that is not used now, of",
    "hold_record": "keep a record past its term, of",
    "retention": "change how long is kept:",
    "give_right": "give a right to read people",
    "raise_people_an_hour": "let a system read more people an hour",
}

PROBLEM: Final[Mapping[str, str]] = {
    "unknown-parcel": "No such parcel in your organisation's rounds.",
    "not-permitted": "Your role does not allow this.",
    "illegal-move": "Not possible from the status it is in now.",
    "missing-detail": "Something is missing",
    "validation": "Something is not as it should be",
    "not-now": "Not possible now.",
    "external-id-reused": "This form was used for something else already. Please start again.",
}

EVIDENCE: Final = (
    ("own_reply", "his own reply"),
    ("own_word_private", "his own word, in private"),
    ("own_word", "his own word, not in private"),
    ("representative", "the prisoners' representative"),
    ("holding_list", "the holding side's list"),
    ("photo", "a photo of the parcel"),
    ("none", "none"),
)


def why(problem: str | None, detail: str) -> str:
    """Say in a sentence why a step was refused."""
    words = PROBLEM.get(problem or "", "It was refused.")
    if problem in ("missing-detail", "validation"):
        return f"{words}: {detail.replace('_', ' ')}." if detail else f"{words}."
    # These sentences of the actions stand for themselves.
    return detail if detail.endswith(".") else words


def done(move: str, details: Mapping[str, object]) -> str:
    """Say what a movement records; an observation says what was stated, and that it moved nothing."""
    if move == "observe":
        what = str(details.get("move", "something seen"))
        return DONE.get(what, what.replace("_", " "))
    return DONE.get(move, move.replace("_", " "))


def badge(status: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', TONE[status], STATUS[status])
