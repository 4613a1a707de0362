"""What workers hold of their work, and who of them lives."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from parcels.models.parcels import Parcel
from people.models import Person


class Batch(models.Model):
    """A share of due work. One worker holds it at a time; whoever finds it left takes it over, in halves."""

    kind = models.CharField(max_length=12)
    ids = ArrayField(models.BigIntegerField())
    attempts = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    failed = models.CharField(
        max_length=100, default="", db_default="", help_text="The class of the last error, and where"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "id"], name="batch_kind")]

    def __str__(self) -> str:
        return f"{self.kind} batch {self.pk}"


class Quarantine(models.Model):
    """A parcel or person that a worker failed on five times alone. Staff look, and let it go again."""

    kind = models.CharField(max_length=12)
    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    since = models.DateTimeField(db_default=Now())
    reason = models.CharField(
        max_length=100, default="", db_default="", help_text="Empty where its worker died without a word"
    )

    class Meta:
        verbose_name_plural = "quarantine"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "parcel"], name="quarantine_once"),
            models.UniqueConstraint(fields=["kind", "person"], name="quarantine_person_once"),
            models.CheckConstraint(
                condition=Q(parcel=None, person__isnull=False) | Q(parcel__isnull=False, person=None),
                name="quarantine_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parcel or self.person} ({self.kind})"


class Tick(models.Model):
    """One run of a schedule. The pair is unique, so any number of beats makes one run a slot."""

    schedule = models.CharField(max_length=20)
    slot = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "slot"], name="tick_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.slot}"


class Liveness(models.Model):
    """A process that works, and when it last said so. Its row goes when it ends, or is found to be gone."""

    class Program(models.TextChoices):
        WORKER = "worker"
        BEAT = "beat"
        SWEEP = "sweep"
        RELAY = "relay"

    program = models.CharField(max_length=10, choices=Program.choices)
    host = models.CharField(max_length=64)
    pid = models.IntegerField()
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), help_text="It lived; a beat: it rang")
    claimed_at = models.DateTimeField(null=True, help_text="It last claimed a share of work")
    swept_at = models.DateTimeField(null=True, help_text="It last looked for what is due")

    class Meta:
        verbose_name, verbose_name_plural = "worker", "workers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "host", "pid"], name="liveness_once"),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.pid} on {self.host}"
