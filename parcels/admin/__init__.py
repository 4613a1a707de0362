"""The admin of parcels: what coordinators work in all day."""

from parcels.admin import consignment, parcel, person, quarantine

__all__ = ["consignment", "parcel", "person", "quarantine"]
