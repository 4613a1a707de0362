"""Who looked at what, did or was refused what; and the tree that seals it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.staff import Client, Staff


class AuditEntry(models.Model):
    """A sensitive look, act or refusal: who, what, when, what for. Only ever inserted; it names no person.

    Beside these columns the table has `xact`, the transaction that wrote the row: see `people.audit_guard`.
    """

    class By(models.TextChoices):
        STAFF = "staff", "member of staff"
        CLIENT = "client", "system"
        WORKER = "worker", "worker"
        COMMAND = "command", "command line"
        STRANGER = "stranger", "somebody unknown"

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=10, choices=By.choices, db_default=By.STAFF.value)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", db_index=False, help_text="Acted for"
    )
    act = models.CharField(max_length=40)  # one of people.acts
    outcome = models.CharField(max_length=10, choices=Outcome.choices, db_default=Outcome.DONE.value)
    subject_kind = models.CharField(max_length=20, blank=True)
    subject = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=40, blank=True)
    request = models.CharField(max_length=16, blank=True, db_default="", help_text="Reference of the request")
    route = models.CharField(max_length=60, blank=True, db_default="", help_text="Which page or call")
    origin = models.CharField(
        max_length=24,
        blank=True,
        db_default="",
        help_text="A word for the network, one for each",
    )
    name_hash = models.CharField(
        max_length=32, blank=True, db_default="", help_text="Keyed hash of an unknown account name"
    )

    class Meta:
        verbose_name_plural = "audit entries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(by="staff", staff__isnull=False, client=None)
                | Q(by="client", client__isnull=False, staff=None)
                | Q(by__in=("worker", "command", "stranger"), staff=None, client=None),
                name="auditentry_by_one",
            ),
            models.CheckConstraint(condition=Q(outcome__in=("done", "refused")), name="auditentry_came_out"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["staff", "at"], name="auditentry_staff_at"),
            models.Index(fields=["client", "at"], name="auditentry_client_at"),
            models.Index(fields=["subject", "subject_kind"], name="auditentry_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.act} at {self.at}"


class AuditLeaf(models.Model):
    """An entry's place in the tree and its salted hash. Only ever inserted; it outlives the entry."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    hash = models.BinaryField()
    mark = models.BinaryField(help_text="Of place and hash, under a key outside the database")

    def __str__(self) -> str:
        return f"leaf {self.index}"


class AuditSalt(models.Model):
    """Without it nobody can try which entry a leaf stands for; it goes when its entry is purged."""

    index = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return f"salt of leaf {self.index}"


class AuditHead(models.Model):
    """The root of the tree when it had `size` leaves, signed. Only ever inserted.

    Beside these columns the table has `below`: all transactions before it are sealed.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    frontier = models.BinaryField()
    at = models.DateTimeField()
    key = models.CharField(max_length=16, help_text="Which public key: the first 8 bytes of its SHA-256")
    signature = models.BinaryField()

    def __str__(self) -> str:
        return f"head of {self.size}"


class AuditShipment(models.Model):
    """How much of the tree has been shipped to one place, and who is at it until when."""

    target = models.CharField(max_length=64, primary_key=True, help_text="Hash of its address")
    leaves = models.BigIntegerField(default=0)
    head = models.BigIntegerField(default=0)
    shipped_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.leaves} shipped"


class AuditCheck(models.Model):
    """That the whole tree was verified, and what came of it. Only ever inserted."""

    at = models.DateTimeField(db_default=Now())
    size = models.BigIntegerField()
    faults = models.IntegerField()
    first = models.BigIntegerField(null=True, help_text="The first bad entry's place")

    def __str__(self) -> str:
        return f"check of {self.size}"
