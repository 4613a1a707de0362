"""An agreement's ledger, as it was handed out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from exchanges.models import Agreement
from people.models import Organisation, Staff


class LedgerSnapshot(models.Model):
    """An agreement's ledger as one organisation saw it at a moment, for a meeting. Only ever inserted.

    `text` is canonical JSON (RFC 8785) and is never made anew; the database checks that the hash is its own.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="snapshots")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    meets_on = models.DateField(null=True, blank=True, help_text="The day of the meeting it is for")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["agreement", "organisation"], name="snapshot_of")]

    def __str__(self) -> str:
        return f"ledger of {self.agreement} on {self.made_at:%d %b %Y}"
