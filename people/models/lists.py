"""Lists of prisoners that the sides hand one another, and what comes of comparing two of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.references import new_reference
from people.models.staff import Staff


class PrisonerList(models.Model):
    """A list as somebody stated it. A corrected one is another list that replaces it; both stay."""

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    # Whose copy this is: nobody else sees it here.
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    stated_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="stated by")
    title = models.CharField(max_length=120, help_text="What it is, no names")
    stated_on = models.DateField(verbose_name="stated on", help_text="The list's own date")
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        help_text="What it corrects",
    )
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.title}, {self.stated_on:%d.%m.%Y}"


class ListEntry(models.Model):
    """One person on a list, sealed under a key of its own; `person` where it was made from a record."""

    list = models.ForeignKey(PrisonerList, models.PROTECT, related_name="entries", db_index=False)
    number = models.PositiveIntegerField(help_text="As in the file: the header is row 1")
    wrapped = models.BinaryField(help_text="The entry's key, wrapped")
    kek_version = models.SmallIntegerField(default=1, db_default=1)
    sealed = models.BinaryField(help_text="A JSON object: name, birth_date, service_number, note")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "list entries"
        constraints: ClassVar = [models.UniqueConstraint(fields=["list", "number"], name="listentry_once")]

    def __str__(self) -> str:
        return f"entry {self.number} of {self.list_id}"


class ListComparison(models.Model):
    """Two lists beside one another, as they were then. Only ever inserted: a correction is compared anew."""

    ours = models.ForeignKey(PrisonerList, models.PROTECT, related_name="+")
    theirs = models.ForeignKey(PrisonerList, models.PROTECT, related_name="+")
    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(ours=models.F("theirs")), name="listcomparison_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.ours} and {self.theirs}"


class ComparedRow(models.Model):
    """Where one entry, or a pair of them, came to stand, and why. Only ever inserted."""

    class Kind(models.TextChoices):
        BOTH = "both", "on both"
        ONLY_OURS = "only_ours", "only on ours"
        ONLY_THEIRS = "only_theirs", "only on theirs"
        UNCERTAIN = "uncertain", "uncertain"

    comparison = models.ForeignKey(ListComparison, models.PROTECT, related_name="rows", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    ours = models.ForeignKey(ListEntry, models.PROTECT, null=True, related_name="+")
    theirs = models.ForeignKey(ListEntry, models.PROTECT, null=True, related_name="+")
    reasons = ArrayField(models.CharField(max_length=24), default=list)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["both", "uncertain"], ours__isnull=False, theirs__isnull=False)
                | Q(kind="only_ours", ours__isnull=False, theirs=None)
                | Q(kind="only_theirs", ours=None, theirs__isnull=False),
                name="comparedrow_sides",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["comparison", "kind", "id"], name="comparedrow_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.comparison_id}"
