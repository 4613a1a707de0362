"""What somebody must look at at once, and the records that nobody has reason to open."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.staff import Client, Staff


class Alarm(models.Model):
    """Raised by what somebody did; closed by a coordinator who is somebody else. It names no person."""

    class Kind(models.TextChoices):
        MANY_OPENED = "many_opened", "Many different people opened"
        MANY_SCANNED = "many_scanned", "More parcels scanned than pass a counter"
        MANY_EXPORTED = "many_exported", "Many people left in one file"
        CANARY = "canary", "A record that nobody has reason to open was read"
        AUDIT = "audit", "The audit does not verify"
        CUSTODY = "custody", "The custody log does not verify"
        DIFFERENCE = "difference", "What is kept of parcels does not agree with itself"
        RIGHTS_GIVEN = "rights_given", "A right to read people was given"

    class Reason(models.TextChoices):
        NEEDED = "needed", "The work needs it"
        MISTAKE = "mistake", "By mistake, nothing came of it"
        DEALT_WITH = "dealt_with", "Misuse, dealt with"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    request = models.CharField(max_length=16, blank=True, help_text="Reference of the request")
    raised_at = models.DateTimeField(db_default=Now())
    # Telling whoever is on call: see people.alarms.
    tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(closed_by=F("staff")), name="alarm_closed_by_another"),
            models.CheckConstraint(
                condition=Q(closed_by=None, closed_at=None, reason="")
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(reason=""),
                name="alarm_closed_whole",
            ),
            models.UniqueConstraint(
                fields=["kind", "staff", "client"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="alarm_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Canary(models.Model):
    """A made-up person whom nobody has reason to open. No process may read which they are."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="+")
    planted_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "canaries"

    def __str__(self) -> str:
        return "canary"
