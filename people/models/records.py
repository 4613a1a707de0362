"""What is kept of calls: how often, and answered how."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from people.models.organisations import Organisation


class ThrottleWindow(models.Model):
    """How often something was tried in a window; counted by one SQL statement, so exactly."""

    bucket = models.CharField(max_length=120, primary_key=True)
    started_at = models.DateTimeField()
    taken = models.IntegerField()

    def __str__(self) -> str:
        return self.bucket


class SavedReply(models.Model):
    """The reply to a write with an Idempotency-Key, so that a repeat is answered and not done again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField()
    status = models.SmallIntegerField()
    body = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="savedreply_once"),
        ]

    def __str__(self) -> str:
        return f"reply {self.status} to {self.key}"
