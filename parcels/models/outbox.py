"""How far partners were told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from parcels.models.parcels import Parcel


class Outbox(models.Model):
    """A parcel to look at again for partners, because more of it becomes public then."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="+", db_index=False)
    look_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "outbox"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["look_at", "parcel"], name="outbox_once"),
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id} at {self.look_at}"


class Feed(models.Model):
    """How far one kind of row was taken up for partners, in the order of transactions.

    Beside these columns the table has `xact`: see `parcels.outbox_guard`.
    """

    name = models.CharField(max_length=12, primary_key=True)
    row = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name
