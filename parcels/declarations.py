"""A declaration as it comes in, whoever brings it: family, manifest or partner. Pure shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from people.actions import Telling

# Where the sealed texts of a declaration belong.
LINE_PLACE: Final = "parcels.line"
RELATIONSHIP_PLACE: Final = "parcels.relationship"
# What a line may be, and a parcel.
MOST_TEXT: Final = 300
MOST_PIECES: Final = 1_000
MOST_MASS_G: Final = 100_000
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


class DeclaredLine(NamedTuple):
    """`category` only where the declarer knows it; else the catalogue reads the description."""

    description: str
    quantity: int
    unit_mass_g: int | None = None
    category: str | None = None


class Declaration(NamedTuple):
    """One parcel declared. With `accepted_at` and `gross_mass_g` it comes in weighed and accepted."""

    external_id: str | None
    sender: Telling
    recipient: Telling
    lines: Sequence[DeclaredLine]
    relationship: str | None = None
    declared_mass_g: int | None = None
    gross_mass_g: int | None = None
    accepted_at: datetime | None = None
    accepted_place: str | None = None

    def canonical(self, round_id: int) -> str:
        """Return the same text for the same declaration: its keyed hash tells a repeat from a change."""
        accepted_at = self.accepted_at.isoformat() if self.accepted_at else None
        return _encode([round_id, *self[1:7], accepted_at, self.accepted_place])


def line_row(parcel: int, number: int) -> str:
    """Return what names a line, before it has an id too."""
    return f"{parcel}/{number}"
