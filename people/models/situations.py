"""What became of a prisoner, as it was stated."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.staff import Staff


class SituationEvent(models.Model):
    """What became of a prisoner, stated by somebody. The follow worker acts on the well founded."""

    class Situation(models.TextChoices):
        CAPTURED = "captured", "capture notice (GC III 70, 122)"
        HELD = "held", "held"
        IN_HOSPITAL = "in_hospital", "in hospital"
        DISCHARGED = "discharged", "discharged from hospital"
        TRANSFERRED = "transferred", "transferred"
        RELEASED = "released", "released"
        EXCHANGED = "exchanged", "exchanged"
        DECEASED = "deceased", "deceased"

    class StatedBy(models.TextChoices):
        ONE_SIDE = "one_side", "one side"
        BOTH_SIDES = "both_sides", "both sides"
        NEUTRAL = "neutral", "the neutral agency"
        TWO_OFFICERS = "two_officers", "confirmed by two officers"

    person = models.ForeignKey(Person, models.PROTECT, related_name="situation_events")
    situation = models.CharField(max_length=12, choices=Situation.choices)
    happened_on = models.DateField()
    stated_by = models.CharField(max_length=12, choices=StatedBy.choices)
    source = models.ForeignKey(Organisation, models.PROTECT)
    document = models.CharField(max_length=120, blank=True, help_text="Reference of the paper, no names")
    recorded_by = models.ForeignKey(Staff, models.PROTECT)
    # For whom they recorded it; what was recorded before this was kept has none.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    situation__in=[
                        "captured", "held", "in_hospital", "discharged", "transferred", "released",
                        "exchanged", "deceased",
                    ]
                ),
                name="situation_known",
            ),
            models.CheckConstraint(
                condition=Q(stated_by__in=["one_side", "both_sides", "neutral", "two_officers"]),
                name="situation_stated_by_known",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_situation_display()} on {self.happened_on}"
