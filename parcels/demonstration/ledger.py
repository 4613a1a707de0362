"""What each side did under the agreement, frozen for a meeting in ten days."""

from __future__ import annotations

from datetime import datetime, timedelta

from exchanges.models import Agreement
from parcels.demonstration.offices import ROUND, actor
from parcels.ledger import ledger_of
from parcels.ledger.snapshots import freeze
from parcels.models import LedgerSnapshot


def freeze_for_meeting(now: datetime) -> None:
    agreement = Agreement.objects.get(rounds__reference=ROUND)
    freeze(ledger_of(agreement, actor=actor("gita"), now=now), meets_on=(now + timedelta(days=10)).date())


def is_frozen() -> bool:
    return LedgerSnapshot.objects.exists()
