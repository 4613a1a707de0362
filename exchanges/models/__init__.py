"""What the sides agreed and did."""

from exchanges.models.agreements import Agreement, Basis, ContentRule, Stay, Terms, Verdict
from exchanges.models.rounds import Round, SettledAddressee

__all__ = ["Agreement", "Basis", "ContentRule", "Round", "SettledAddressee", "Stay", "Terms", "Verdict"]
