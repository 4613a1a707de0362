"""A parcel's steps, and from when a family may read each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from parcels.models.choices import MOVE_CHOICES, STATUS_CHOICES
from parcels.models.parcels import Parcel
from people.models import Client, Organisation, Staff


class Movement(models.Model):
    """One step in a parcel's life: history, proof and outbox at once. Only ever inserted.

    It holds codes, numbers, times, masses and references; words about people are notes.
    """

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="movements", db_index=False)
    number = models.IntegerField()
    from_status = models.CharField(max_length=20, null=True, choices=STATUS_CHOICES)  # noqa: DJ001  null: the first
    move = models.CharField(max_length=16, choices=MOVE_CHOICES)
    status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    happened_at = models.DateTimeField(help_text="The world's time")
    recorded_at = models.DateTimeField(help_text="Ours")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    # Exactly what acted; both empty for the family and the worker, whose word is in `actor`.
    actor = models.CharField(max_length=8)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100, null=True)  # noqa: DJ001  null: none was given
    corrects = models.IntegerField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parcel", "number", "status"], name="movement_numbered"),
            models.UniqueConstraint(fields=["parcel", "number"], name="movement_number_once"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=Q(external_id__isnull=False),
                name="movement_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["parcel", "corrects"],
                condition=Q(corrects__isnull=False),
                name="movement_corrected_once",
            ),
            models.CheckConstraint(
                condition=Q(actor__in=["staff", "client", "worker", "family"]), name="movement_actor_known"
            ),
            models.CheckConstraint(
                condition=Q(number=1, from_status=None, move="register", status="registered")
                | (Q(number__gt=1, from_status__isnull=False) & ~Q(move="register")),
                name="movement_first_registers",
            ),
            models.CheckConstraint(
                condition=Q(move="correct", corrects__isnull=False) | (~Q(move="correct") & Q(corrects=None)),
                name="movement_correct_says_what",
            ),
        ]
        # What was seen too early waits here until it has become legal: the follow worker looks often.
        indexes: ClassVar = [
            models.Index(fields=["parcel", "number"], condition=Q(move="observe"), name="movement_observed"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.move}"


class Publication(models.Model):
    """From when a family may read a movement. No row: not public. Only ever inserted."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, db_index=False, related_name="publications")
    number = models.IntegerField()
    public_from = models.DateTimeField()
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parcel", "number"], name="publication_once", include=["public_from"]
            ),
        ]

    def __str__(self) -> str:
        return f"movement {self.number} from {self.public_from}"
