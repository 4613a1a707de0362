"""Making agreements' terms and rounds."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from exchanges import standard_rules
from exchanges.models import Agreement, ContentRule, Round, Stay, Terms
from people import vault

ROUND_KEY_PLACE: Final = "exchanges.round"

# How long a parcel usually stays in a status, and at most: days (usual from, usual to, longest).
STANDARD_STAYS: Final[Mapping[str, tuple[int, int, int]]] = {
    "registered": (1, 14, 30),
    "accepted": (0, 1, 2),
    "in_review": (1, 5, 10),
    "refused": (1, 14, 30),
    "cleared": (3, 21, 45),
    "packed": (1, 7, 14),
    "dispatched": (1, 10, 21),
    "with_intermediary": (2, 14, 30),
    "handed_over": (7, 30, 60),
    "admitted": (7, 30, 60),
    "received": (7, 45, 90),
    "undeliverable": (7, 30, 60),
    "returning": (7, 30, 60),
    "missing": (14, 60, 120),
}


@transaction.atomic
def draft_terms(agreement: Agreement, **fields: Any) -> Terms:
    """Make the next version of an agreement's terms as a draft, from the standard rules and stays."""
    last = agreement.terms.aggregate(last=Max("version"))["last"] or 0
    terms = Terms.objects.create(agreement=agreement, version=last + 1, **fields)
    ContentRule.objects.bulk_create(
        ContentRule(terms=terms, **{name: getattr(rule, name) for name in rule.__slots__})
        for rule in standard_rules.load()
    )
    Stay.objects.bulk_create(
        Stay(terms=terms, status=status, usual_low_days=low, usual_high_days=high, longest_days=longest)
        for status, (low, high, longest) in STANDARD_STAYS.items()
    )
    return terms


def make_round(*, round_key: bytes | None = None, **fields: Any) -> Round:
    """Make a round with its own secret key, which draws the second look. 32 bytes, random unless given."""
    key = round_key or secrets.token_bytes(32)
    return Round.objects.create(sealed_key=vault.wrap(key, place=ROUND_KEY_PLACE), **fields)
