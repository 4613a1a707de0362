"""The admin of parcels: what coordinators work in all day."""

from parcels.admin import (
    consignment,
    custody,
    detention,
    difference,
    ledger,
    liveness,
    parcel,
    person,
    quarantine,
    requests,
)

__all__ = [
    "consignment",
    "custody",
    "detention",
    "difference",
    "ledger",
    "liveness",
    "parcel",
    "person",
    "quarantine",
    "requests",
]
