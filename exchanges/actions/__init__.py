"""What officers do with agreements and rounds, and workers for them: one verb, one transaction."""

from exchanges.actions.agreements import IN_FORCE, change_agreement, draft_terms, next_version, propose_terms
from exchanges.actions.rounds import (
    ROUND_KEY_PLACE,
    change_round,
    make_round,
    new_round_key,
    settle_addressees,
)
from exchanges.actions.steps import NotPossible

__all__ = [
    "IN_FORCE",
    "ROUND_KEY_PLACE",
    "NotPossible",
    "change_agreement",
    "change_round",
    "draft_terms",
    "make_round",
    "new_round_key",
    "next_version",
    "propose_terms",
    "settle_addressees",
]
