"""What the sides agreed and did."""

from exchanges.models.agreements import Agreement, Basis, ContentRule, Stay, Terms, Verdict
from exchanges.models.prisoners import (
    Exchange,
    ExchangeCount,
    ExchangeTrace,
    ListedPerson,
    ListedStep,
    NamedOfficer,
    PrisonerList,
    Stage,
)
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
    "Exchange",
    "ExchangeCount",
    "ExchangeTrace",
    "ListedPerson",
    "ListedStep",
    "NamedOfficer",
    "PrisonerList",
    "ReportedParcel",
    "ReportedPerson",
    "Round",
    "SettledAddressee",
    "Stage",
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
