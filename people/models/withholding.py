"""What is kept from a family because knowing it may harm somebody (GC IV art. 137)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Fact, Person
from people.models.situations import SituationEvent
from people.models.staff import Staff


class Withholding(models.Model):
    """One fact or event kept from the family, or let go again. The last row of each counts.

    It is never kept from the neutral agency.
    """

    class Reason(models.TextChoices):
        HARM_TO_PERSON = "harm_to_person", "may harm the person"
        HARM_TO_RELATIVES = "harm_to_relatives", "may harm their relatives"
        OWN_WISH = "own_wish", "the person's own wish"
        NOT_ESTABLISHED = "not_established", "not established yet"

    person = models.ForeignKey(Person, models.PROTECT, related_name="withholdings")
    # A purge takes the fact away; what was decided of it stays.
    fact = models.ForeignKey(
        Fact, models.DO_NOTHING, null=True, db_constraint=False, related_name="withholdings"
    )
    event = models.ForeignKey(SituationEvent, models.PROTECT, null=True, related_name="withholdings")
    kept = models.BooleanField(help_text="False: let go, by two officers")
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    review_on = models.DateField(null=True, help_text="When somebody decides anew")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    also_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(fact=None, event__isnull=False) | Q(fact__isnull=False, event=None),
                name="withholding_of_one",
            ),
            models.CheckConstraint(
                condition=Q(
                    kept=True,
                    review_on__isnull=False,
                    reason__in=["harm_to_person", "harm_to_relatives", "own_wish", "not_established"],
                )
                | Q(kept=False, also_by__isnull=False),
                name="withholding_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(also_by=None) | ~Q(also_by=F("recorded_by")), name="withholding_ended_by_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{'kept' if self.kept else 'let go'}: {self.fact_id or self.event_id} of {self.person_id}"
