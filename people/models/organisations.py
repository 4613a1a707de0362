"""The sides of an agreement, and the offices and agencies that act."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Party(models.Model):
    """A side of an agreement. Both are treated alike."""

    code = models.SlugField(max_length=20, unique=True)
    name_ru = models.CharField(max_length=200)
    name_uk = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "parties"

    def __str__(self) -> str:
        return self.name_en


class Organisation(models.Model):
    """An ombudsman's office, the neutral agency, a carrier. Dates and terms count in its time zone."""

    code = models.SlugField(max_length=40, unique=True)
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, help_text="Empty for a neutral organisation"
    )
    name_ru = models.CharField(max_length=200)
    name_uk = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    contact_ru = models.CharField(max_length=300, blank=True, help_text="How a family reaches this office")
    contact_uk = models.CharField(max_length=300, blank=True)
    contact_en = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name_en
