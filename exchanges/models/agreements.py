"""Agreements between two offices, and the versions of their terms."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from people.models import Organisation, new_reference


@pghistory.track()
class Agreement(models.Model):
    """What two offices agreed about parcels, for a time."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        SIGNED = "signed"
        IN_FORCE = "in_force", "in force"
        SUSPENDED = "suspended"
        EXPIRED = "expired"
        TERMINATED = "terminated"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    title_ru = models.CharField(max_length=200)
    title_uk = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    signatories: models.ManyToManyField[Organisation, models.Model] = models.ManyToManyField(
        Organisation, related_name="agreements"
    )
    signed_on = models.DateField(null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    grace_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days that parcels not yet sent wait for a successor after the end"
    )
    ended_on = models.DateField(
        null=True, blank=True, editable=False, help_text="Its last day; the grace begins with the next"
    )
    succeeds = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        help_text="Once that one has ended and this one is in force, its rounds go on under this one",
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="agreement_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("expired", "terminated"), ended_on__isnull=False)
                | (~Q(status__in=("expired", "terminated")) & Q(ended_on=None)),
                name="agreement_ended_on_a_day",
            ),
            models.CheckConstraint(condition=~Q(succeeds=F("pk")), name="agreement_succeeds_another"),
        ]

    def __str__(self) -> str:
        return self.title_en


@pghistory.track()
class Terms(models.Model):
    """One version of an agreement's terms. Once in force it never changes: the database refuses."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        IN_FORCE = "in_force", "in force"
        SUPERSEDED = "superseded"

    class Touches(models.TextChoices):
        NEW_INTAKES = "new_intakes", "new intakes only"
        NOT_SEALED = "not_sealed", "parcels not yet sealed"
        NOT_DISPATCHED = "not_dispatched", "parcels not yet dispatched"

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="terms")
    version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    in_force_at = models.DateTimeField(null=True, blank=True)
    touches = models.CharField(max_length=14, choices=Touches.choices, default=Touches.NOT_SEALED)
    mass_min_g = models.PositiveIntegerField(default=0)
    mass_max_g = models.PositiveIntegerField(default=5_000)
    quota_per_prisoner = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Parcels a prisoner may be sent in one round"
    )
    second_look_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=0,
        help_text="0.02 draws one parcel in fifty for a second look",
    )
    public_delay_days = models.PositiveSmallIntegerField(default=7)
    refused_home_after_days = models.PositiveSmallIntegerField(default=30)
    books_apart = models.BooleanField(default=True, help_text="GC III 72(4): no books with food or clothing")

    class Meta:
        verbose_name_plural = "terms"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "version"], name="terms_version_once"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(status="in_force"), name="terms_one_in_force"
            ),
            models.CheckConstraint(condition=Q(mass_min_g__lte=F("mass_max_g")), name="terms_mass_in_order"),
            models.CheckConstraint(
                condition=Q(second_look_share__gte=0, second_look_share__lte=1), name="terms_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.agreement}"


class Verdict(models.TextChoices):
    ALLOW = "allow"
    LIMIT = "limit"
    REDIRECT = "redirect"
    REVIEW = "review"
    PROHIBIT = "prohibit"


class Basis(models.TextChoices):
    NONE = "", "the agreement"
    GC_III = "GC III", "Third Geneva Convention"
    GC_IV = "GC IV", "Fourth Geneva Convention"


@pghistory.track()
class ContentRule(models.Model):
    """What one version of the terms says of one category of things."""

    terms = models.ForeignKey(Terms, models.PROTECT, related_name="rules")
    category = models.CharField(max_length=30)
    name_ru = models.CharField(max_length=120)
    name_uk = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    max_count = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Pieces a parcel")
    max_mass_g = models.PositiveIntegerField(null=True, blank=True, help_text="Grams a parcel")
    reason_code = models.CharField(max_length=30)
    internal_reason = models.CharField(max_length=300, blank=True)
    family_reason_ru = models.CharField(max_length=400, blank=True)
    family_reason_uk = models.CharField(max_length=400, blank=True)
    family_reason_en = models.CharField(max_length=400, blank=True)
    basis = models.CharField(max_length=6, choices=Basis.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["terms", "category"], name="rule_once_a_category"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="rule_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.verdict}"


class Stay(models.Model):
    """How long a parcel usually stays in a status, and at most, under one version of the terms. Days."""

    terms = models.ForeignKey(Terms, models.PROTECT, related_name="stays")
    status = models.CharField(max_length=20)
    usual_low_days = models.PositiveSmallIntegerField()
    usual_high_days = models.PositiveSmallIntegerField()
    longest_days = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["terms", "status"], name="stay_once_a_status"),
            models.CheckConstraint(
                condition=Q(usual_low_days__lte=F("usual_high_days"), usual_high_days__lte=F("longest_days")),
                name="stay_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status}: usually {self.usual_low_days} to {self.usual_high_days} days"
