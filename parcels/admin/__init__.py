"""The admin of parcels: what coordinators work in all day."""

from parcels.admin import consignment, detention, ledger, parcel, person, quarantine

__all__ = [
    "consignment",
    "detention",
    "ledger",
    "parcel",
    "person",
    "quarantine",
]
