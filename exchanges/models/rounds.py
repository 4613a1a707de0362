"""Rounds, each in one direction, and who is settled to be sent to."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from exchanges.models.agreements import Agreement, Terms
from people.models import Organisation, Staff


@pghistory.track()
class Round(models.Model):
    """One direction: one sending, one holding, perhaps one neutral organisation, one version of terms."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        AGREED = "agreed"
        LISTS_EXCHANGED = "lists_exchanged", "lists exchanged"
        COLLECTING = "collecting"
        CLOSED = "closed"
        HANDED_OVER = "handed_over", "handed over"
        REPORTED = "reported"
        POSTPONED = "postponed"
        CANCELLED = "cancelled"

    reference = models.CharField(max_length=20, unique=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="rounds")
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="rounds")
    sending = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holding = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    neutral = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    mirror = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="mirrored_by")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROPOSED)
    target = models.PositiveIntegerField(help_text="Parcels agreed for this direction")
    opens_on = models.DateField()
    closes_on = models.DateField()
    collection_point = models.CharField(max_length=120)
    open_to_public = models.BooleanField(default=False)
    demonstration = models.BooleanField(
        default=False, editable=False, help_text="Made-up people: slips need nobody's approval"
    )
    # Draws the second look. Sealed under the key-encryption key: who knows it could pack around it.
    sealed_key = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sending=F("holding")), name="round_has_two_ends"),
            models.CheckConstraint(condition=Q(opens_on__lte=F("closes_on")), name="round_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.reference


class SettledAddressee(models.Model):
    """An addressee settled for a holding side: on the round's list, or accepted by those who may.

    Without this row, and one for the sender's tie, a parcel is not packed; its family reads nothing of it.
    """

    class How(models.TextChoices):
        ON_LIST = "on_list", "on the round's list"
        BOTH_OFFICES = "both_offices", "accepted by both offices"
        NEUTRAL = "neutral", "accepted by the neutral agency"

    person = models.ForeignKey("people.Person", models.PROTECT)
    holding = models.ForeignKey(Organisation, models.PROTECT)
    how = models.CharField(max_length=12, choices=How.choices)
    recorded_by = models.ForeignKey(Staff, models.PROTECT)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "holding"], name="addressee_settled_once"),
        ]

    def __str__(self) -> str:
        return f"addressee {self.person_id} at {self.holding}"
