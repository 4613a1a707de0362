"""What travels: parcels, their lines, and what was found and said of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from exchanges.models import ContentRule, Round, Terms
from parcels.models.choices import STATUS_CHOICES
from parcels.models.consignments import Consignment
from people.models import Approval, Organisation, Person, Staff


class Parcel(models.Model):
    """A parcel of one sender for one prisoner. Only `actions.advance` changes its status.

    `last_number` and `status` mirror its last movement; the database keeps the two together.
    """

    number = models.CharField(max_length=13)
    round = models.ForeignKey(Round, models.PROTECT, related_name="parcels", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    sender = models.ForeignKey(Person, models.PROTECT, related_name="sent_parcels")
    recipient = models.ForeignKey(Person, models.PROTECT, related_name="parcels")
    sealed_relationship = models.BinaryField(null=True, help_text="Under the sender's key")
    external_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  null: none was given
    content_hash = models.BinaryField(
        help_text="Hash of the declaration under the sender's key: a repeat is told from a change"
    )

    status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    last_number = models.IntegerField()
    status_since = models.DateTimeField()
    overdue_since = models.DateTimeField(null=True, blank=True)

    declared_mass_g = models.PositiveIntegerField(null=True, blank=True)
    gross_mass_g = models.PositiveIntegerField(null=True, blank=True)

    seed = models.BinaryField()
    code_key_version = models.SmallIntegerField(default=1)
    lookup_key_version = models.SmallIntegerField(default=1, db_default=1)
    code_hash = models.BinaryField(null=True, unique=True)

    frozen = models.BooleanField(
        default=False, help_text="Stops decisions, never facts; two officers release it"
    )
    flagged = models.BooleanField(default=False, help_text="A person should look")
    consignment = models.ForeignKey(
        Consignment, models.PROTECT, null=True, blank=True, related_name="parcels"
    )
    holder = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    tie_checked_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # The number of the first movement that a liaison has not released; it and what follows wait.
    held_from = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            # A unique field would have a second index, for searching by its beginning.
            models.UniqueConstraint(fields=["number"], name="parcel_number_once"),
            models.UniqueConstraint(fields=["organisation", "external_id"], name="parcel_external_id_once"),
            models.CheckConstraint(condition=Q(last_number__gte=1), name="parcel_has_a_movement"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["round", "status"], name="parcel_round_status"),
            models.Index(fields=["round", "recipient", "id"], name="parcel_quota_order"),
            models.Index(fields=["status", "status_since"], name="parcel_status_since"),
            models.Index(fields=["id"], condition=Q(status="accepted"), name="parcel_to_screen"),
            # A few among many, that lists and the first page ask for by the mark alone.
            models.Index(fields=["id"], condition=Q(overdue_since__isnull=False), name="parcel_overdue"),
            models.Index(fields=["id"], condition=Q(flagged=True), name="parcel_flagged"),
            models.Index(fields=["id"], condition=Q(frozen=True), name="parcel_frozen"),
            models.Index(fields=["id"], condition=Q(held_from__isnull=False), name="parcel_news_held"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def terms(self) -> Terms:
        """Those it left with, and those of its round as long as it is here."""
        left_with = self.consignment.terms if self.consignment else None
        return left_with or self.round.terms


class Line(models.Model):
    """One line of a declaration: so many pieces of one thing, grams a piece."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField()
    sealed_description = models.BinaryField(help_text="Under the sender's key: families write names into it")
    category = models.CharField(max_length=30)
    also = ArrayField(models.CharField(max_length=30), default=list)
    exact = models.BooleanField()
    quantity = models.PositiveIntegerField()
    unit_mass_g = models.PositiveIntegerField(null=True, blank=True)
    described_at = models.IntegerField(
        db_default=1, help_text="The movement that told it: 1 declares, an amendment describes anew"
    )
    removed = models.PositiveIntegerField(default=0, help_text="Pieces taken out again")

    class Fate(models.TextChoices):
        KEPT = "kept"
        RETURNED = "returned"
        GIVEN = "given", "given to other prisoners"
        DESTROYED = "destroyed"
        DESCRIBED_ANEW = "described_anew", "described anew"

    fate = models.CharField(max_length=14, choices=Fate.choices, default=Fate.KEPT)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parcel", "number"],
                name="line_numbered",
                include=["category", "also", "exact", "quantity", "unit_mass_g", "removed"],
            ),
            models.CheckConstraint(condition=Q(removed__lte=F("quantity")), name="line_removed_of_it"),
        ]

    def __str__(self) -> str:
        return f"line {self.number}: {self.category}"


class LineDecision(models.Model):
    """What two screeners decided on a line. It stands until the line or its rule changes."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="decisions")
    rule = models.ForeignKey(ContentRule, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8)
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.verdict} for line {self.line_id}"


class Finding(models.Model):
    """What screening found, by which rule, at which movement. Only ever inserted."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="findings")
    at_number = models.IntegerField(help_text="The movement that acted on it")
    line = models.PositiveSmallIntegerField(null=True)
    category = models.CharField(max_length=30, null=True)  # noqa: DJ001  null: of the parcel as a whole
    verdict = models.CharField(max_length=8)
    code = models.CharField(max_length=30)
    rule = models.ForeignKey(ContentRule, models.PROTECT, null=True, related_name="+", db_index=False)
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.verdict}"


class Note(models.Model):
    """Words about people, kept apart from movements and sealed under the person's key."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="notes")
    movement_number = models.IntegerField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    written_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"note on {self.parcel_id}"
