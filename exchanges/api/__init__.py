"""What partners' systems read of what the sides agreed and did."""

from exchanges.api.agreements import Agreements, OneAgreement, TermsVersions
from exchanges.api.returns import OneReturn, Returns
from exchanges.api.rounds import OneRound, Rounds
from exchanges.api.visits import OneVisit, Visits

__all__ = [
    "Agreements",
    "OneAgreement",
    "OneReturn",
    "OneRound",
    "OneVisit",
    "Returns",
    "Rounds",
    "TermsVersions",
    "Visits",
]
