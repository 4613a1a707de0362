"""What is told of what the sides agreed and did."""

from exchanges.serializers.agreements import (
    AGREEMENT_STATUSES,
    AgreementRowSerializer,
    AgreementSerializer,
    agreement_of,
    terms_of,
)
from exchanges.serializers.rounds import ROUND_STATUSES, RoundSerializer, round_of

__all__ = [
    "AGREEMENT_STATUSES",
    "ROUND_STATUSES",
    "AgreementRowSerializer",
    "AgreementSerializer",
    "RoundSerializer",
    "agreement_of",
    "round_of",
    "terms_of",
]
