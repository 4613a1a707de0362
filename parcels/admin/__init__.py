"""The admin of parcels: what coordinators work in all day."""

from parcels.admin import consignment, detention, ledger, parcel, person, quarantine, requests

__all__ = [
    "consignment",
    "detention",
    "ledger",
    "parcel",
    "person",
    "quarantine",
    "requests",
]
