"""How long each category is kept here, and what each night's purge did about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.approvals import Approval


class RetentionPeriod(models.Model):
    """Days a category is kept in this installation; the last row of a rule counts. Only ever inserted.

    The first rows are those of `people.retention`; every later one was decided by two officers.
    """

    rule = models.CharField(max_length=20)
    days = models.PositiveIntegerField()
    approval = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="+")
    review_on = models.DateField(null=True, help_text="When two officers look at it again")
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["rule", "-id"], name="retentionperiod_newest")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.days} days"


class PurgeRun(models.Model):
    """One purge: a night's, one by hand, or a dry run that changed nothing."""

    night = models.DateField(null=True, unique=True, help_text="Null: by hand, or dry")
    dry_run = models.BooleanField(default=False)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "purges"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(dry_run=False) | Q(night=None), name="purgerun_dry_is_no_night"
            ),
        ]

    def __str__(self) -> str:
        return f"{'dry run' if self.dry_run else 'purge'} of {self.started_at:%d %b %Y}"


class PurgeCount(models.Model):
    """One line of a purge's report: a rule, the days it stood at, and what came of it."""

    run = models.ForeignKey(PurgeRun, models.PROTECT, related_name="counts")
    rule = models.CharField(max_length=20)
    days = models.PositiveIntegerField()
    due = models.PositiveIntegerField(help_text="When it began")
    purged = models.PositiveIntegerField(default=0)
    oldest_left = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "rule"], name="purgecount_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.purged}"
