"""Whether what is kept agrees with itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from exchanges.models import Round
from parcels.models.consignments import Consignment
from parcels.models.parcels import Parcel


class Reconciliation(models.Model):
    """One look at whether what is kept agrees with itself."""

    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, help_text="Empty while it looks, or where it was cut off")
    movements = models.IntegerField(default=0)
    differences = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"reconciliation of {self.began_at:%d %b %Y %H:%M}"


class Difference(models.Model):
    """Something kept that does not agree with something else. People decide; nothing is repaired by itself.

    What it is about may be gone, so the database holds it to no other row.
    """

    class Kind(models.TextChoices):
        STATUS = "status", "Its status is not what its movements come to"
        NUMBERING = "numbering", "Its movements are not numbered 1 to the last"
        PATH = "path", "A movement is no legal step from the one before"
        CUSTODY = "custody", "Custody has a gap, or somebody else is named as its holder"
        CONSIGNMENT = "consignment", "It is not in the consignment that its movements put it in"
        CONSERVATION = "conservation", "What went in is not what came out, is there or was written off"
        LEFT = "left", "Due work was left behind"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    parcel = models.ForeignKey(Parcel, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    consignment = models.ForeignKey(
        Consignment, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False
    )
    round = models.ForeignKey(
        Round, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False
    )
    work = models.CharField(max_length=12, blank=True, help_text="The kind of work, where some was left")
    number = models.IntegerField(null=True, help_text="The first movement it shows at")
    expected = models.CharField(max_length=100, blank=True)
    found = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), help_text="When it was last found")
    gone_at = models.DateTimeField(null=True, help_text="When it was first found no more")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "parcel", "consignment", "round", "work"],
                condition=Q(gone_at=None),
                nulls_distinct=False,
                name="difference_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class DueSince(models.Model):
    """A row that a worker should bring on, and since when reconciliation finds it due."""

    kind = models.CharField(max_length=12)
    row = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "row"], name="due_since_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"
