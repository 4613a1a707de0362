"""What the sides agreed and did."""

from exchanges.models.agreements import Agreement, Basis, ContentRule, Stay, Terms, Verdict
from exchanges.models.rounds import Round, SettledAddressee
from exchanges.models.visits import (
    CalendarAddress,
    ReportedParcel,
    ReportedPerson,
    Visit,
    VisitLetter,
    VisitParticipant,
    VisitPerson,
    VisitReport,
    VisitStep,
)

__all__ = [
    "Agreement",
    "Basis",
    "CalendarAddress",
    "ContentRule",
    "ReportedParcel",
    "ReportedPerson",
    "Round",
    "SettledAddressee",
    "Stay",
    "Terms",
    "Verdict",
    "Visit",
    "VisitLetter",
    "VisitParticipant",
    "VisitPerson",
    "VisitReport",
    "VisitStep",
]
