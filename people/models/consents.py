"""What people agreed to, and what they no longer agree to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.purposes import Purpose
from people.models.staff import Staff


class Consent(models.Model):
    """Given, or withdrawn, for one purpose. The last row of a purpose counts; no reason is ever asked."""

    class Channel(models.TextChoices):
        COUNTER = "counter", "at the counter"
        PAPER = "paper", "on paper"
        PHONE = "phone", "by phone"
        EMAIL = "email", "by email"
        ONLINE = "online", "on a web page"

    person = models.ForeignKey(Person, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    given = models.BooleanField(help_text="False: withdrawn")
    text_version = models.CharField(max_length=20, blank=True, help_text="Version of the text they were read")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="consent_purpose_known"),
            models.CheckConstraint(
                condition=Q(channel__in=["counter", "paper", "phone", "email", "online"]),
                name="consent_channel_known",
            ),
            models.CheckConstraint(
                condition=Q(given=False) | (~Q(text_version="") & ~Q(language="")),
                name="consent_to_a_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{'consent' if self.given else 'withdrawal'} of {self.person_id}: {self.purpose}"
