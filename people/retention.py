"""How long each category is kept, after what, and what is done then. Nothing here touches a database.

The days are where an installation begins; two officers of it may set others (`people.retention_periods`).
Each rule's statements stand beside the tables they are about, in `erasure_guard.py` of each app.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

ON_REQUEST: Final = "request"
"""Where others name a rule: erased because the person asked."""

Pace = Literal["night", "hour"]


class Rule(NamedTuple):
    """One category. `least_days`: fewer would take away what is still needed for the work itself."""

    name: str
    what: str
    after: str
    days: int
    least_days: int
    done: str
    pace: Pace = "night"


_RULES: Final = (
    Rule("sender_contact", "contacts of senders", "their last parcel came to its end", 183, 30, "deleted"),
    Rule(
        "contents", "what was declared to be in a parcel, and the tie to the addressee",
        "the parcel came to its end", 183, 30, "emptied",
    ),
    Rule("codes", "receipt codes: hashes and seeds", "the parcel came to its end", 183, 30, "emptied"),
    Rule("notes", "notes on parcels", "the parcel came to its end", 365, 30, "deleted"),
    Rule("letters", "who wrote to whom at a visit", "the visit was reported", 30, 30, "deleted"),
    Rule("senders", "senders", "their last parcel came to its end", 365, 60, "erased: key destroyed"),
    Rule(
        "home", "prisoners and displaced civilians",
        "they were released, exchanged, returned or died, and nothing on them is open", 730, 365,
        "erased: key destroyed",
    ),
    Rule("lists", "names on lists the sides handed over", "the list was kept", 730, 90, "emptied"),
    Rule("questions", "possible matches that were settled, and not as one person", "they were settled",
        90, 1, "deleted",
    ),
    Rule("audit", "entries of the audit log", "they were written", 730, 365,
        "deleted; their hashes stay",
    ),
    Rule("replies", "saved replies to partners' writes", "they were saved", 30, 1, "deleted", "hour"),
    Rule("deliveries", "what partners' systems were told", "it was delivered, or given up", 30, 7,
        "deleted", "hour",
    ),
    Rule("throttles", "counts of tries", "the window began", 1, 1, "deleted", "hour"),
    Rule("ticks", "runs of schedules", "they ran", 1, 1, "deleted", "hour"),
    Rule("sessions", "sessions", "they ended", 0, 0, "deleted", "hour"),
    Rule("tokens", "access tokens", "they expired", 1, 0, "deleted", "hour"),
    Rule("invitations", "invitations of staff", "they were used or lapsed", 1, 0, "deleted", "hour"),
    Rule("links", "one-use sign-in links", "they were made or used", 1, 0, "deleted", "hour"),
)  # fmt: skip
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in _RULES})
"""In the order in which a night does them: what is kept shortest first."""

# No rule: these are kept for as long as the record they belong to, or are not about people.
WITH_THE_PERSON: Final = "with the person"
WITH_THE_PARCEL: Final = "with the parcel"
CASE: Final = "the case's life"
PROOF: Final = "without limit"
STAFF: Final = "with the account"
OTHER_TERMS: Final = frozenset({WITH_THE_PERSON, WITH_THE_PARCEL, CASE, PROOF, STAFF})


def terms() -> frozenset[str]:
    """Return every name by which the register of fields may say how long a field is kept."""
    return frozenset(RULES) | OTHER_TERMS


class TooShort(ValueError):
    """Fewer days than the work itself needs."""


def checked(rule: str, days: int) -> int:
    """:raises TooShort: below the least

    :raises KeyError: for an unknown rule
    """
    if days < RULES[rule].least_days:
        raise TooShort(f"At least {RULES[rule].least_days} days: {RULES[rule].what} are needed that long.")
    return days
