"""What sensitive data of a person may be asked for, and what a person consents to: one closed list."""

from django.db import models


class Purpose(models.TextChoices):
    PARCEL_DELIVERY = "parcel_delivery", "delivery of a parcel"
    CORRESPONDENCE = "correspondence", "correspondence"
    VERIFICATION = "verification", "verification"
    MEDICAL_SUPPLY = "medical_supply", "medical supply"
    RETURN_ARRANGEMENT = "return_arrangement", "arrangement of a return"
    STATISTICS = "statistics", "statistics"
    RIGHTS_REQUEST = "rights_request", "request of a person about their rights"
    INCIDENT = "incident", "incident"
