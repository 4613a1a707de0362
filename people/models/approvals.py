"""What one person proposes and another decides."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.staff import Staff


class Approval(models.Model):
    """The one two-person mechanism: proposed by one, decided by another.

    When two screeners differ, the second one's proposal carries the first as `against`; who decides it
    has proposed neither.
    """

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed"
        REJECTED = "rejected"
        VOIDED = "voided"  # what it was about has changed since

    subject_kind = models.CharField(max_length=20)
    subject = models.BigIntegerField()
    act = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    details = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now())
    against = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="answer")
    # A copy of against.proposed_by, so that the database itself can refuse their second decision.
    also_not_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, null=True, blank=True)  # noqa: DJ001
    reason = models.CharField(max_length=200, blank=True, help_text="A code or a few words without names")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(proposed_by=F("decided_by")), name="approval_by_two"),
            models.CheckConstraint(condition=~Q(also_not_by=F("decided_by")), name="approval_by_a_third"),
            models.CheckConstraint(
                condition=~Q(also_not_by=F("proposed_by")), name="approval_answered_by_another"
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=True, decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision="voided", decided_at__isnull=False)
                | Q(decision__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="approval_decided_whole",
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject", "act"],
                condition=Q(decision__isnull=True),
                name="approval_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.subject_kind} {self.subject}"
