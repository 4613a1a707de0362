"""What is told of what the sides agreed and did."""

from exchanges.serializers.agreements import (
    AGREEMENT_STATUSES,
    AgreementRowSerializer,
    AgreementSerializer,
    TermsVersionSerializer,
    agreement_of,
    terms_of,
    version_of,
)
from exchanges.serializers.returns import (
    COUNT_SCOPES,
    RETURN_STATUSES,
    ReturnRowSerializer,
    ReturnSerializer,
    persons_of,
    return_of,
)
from exchanges.serializers.rounds import ROUND_STATUSES, RoundSerializer, round_of
from exchanges.serializers.visits import VISIT_STATUSES, VisitSerializer, visit_of

__all__ = [
    "AGREEMENT_STATUSES",
    "COUNT_SCOPES",
    "RETURN_STATUSES",
    "ROUND_STATUSES",
    "VISIT_STATUSES",
    "AgreementRowSerializer",
    "AgreementSerializer",
    "ReturnRowSerializer",
    "ReturnSerializer",
    "RoundSerializer",
    "TermsVersionSerializer",
    "VisitSerializer",
    "agreement_of",
    "persons_of",
    "return_of",
    "round_of",
    "terms_of",
    "version_of",
    "visit_of",
]
