"""Rounds, each in one direction, and who is settled to be sent to."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from exchanges.models.agreements import Agreement, Terms
from people.models import Organisation, Staff


@pghistory.track()
class Round(models.Model):
    """One direction: one sending, one holding, perhaps one neutral organisation, one version of terms."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        AGREED = "agreed"
        LISTS_EXCHANGED = "lists_exchanged", "lists exchanged"
        COLLECTING = "collecting"
        CLOSED = "closed"
        HANDED_OVER = "handed_over", "handed over"
        REPORTED = "reported"
        POSTPONED = "postponed"
        CANCELLED = "cancelled"

    reference = models.CharField(max_length=20, unique=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="rounds")
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="rounds")
    sending = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holding = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    neutral = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    mirror = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="mirrored_by")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROPOSED)
    target = models.PositiveIntegerField(help_text="Parcels agreed for this direction")
    opens_on = models.DateField()
    closes_on = models.DateField()
    postponed_until = models.DateField(
        null=True, blank=True, editable=False, help_text="The day on which it is to go on"
    )
    carried_over_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when it goes on under a successor of its agreement"
    )
    collection_point = models.CharField(max_length=120)
    open_to_public = models.BooleanField(default=False)
    demonstration = models.BooleanField(
        default=False, editable=False, help_text="Made-up people: slips need nobody's approval"
    )
    # Draws the second look. Sealed under the key-encryption key: who knows it could pack around it.
    sealed_key = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sending=F("holding")), name="round_has_two_ends"),
            models.CheckConstraint(condition=Q(opens_on__lte=F("closes_on")), name="round_dates_in_order"),
            models.CheckConstraint(
                condition=Q(postponed_until=None) | Q(status="postponed"), name="round_until_if_postponed"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class RoundChange(models.Model):
    """Why a round did not go as planned, and its dates before and after. Only ever inserted."""

    class Step(models.TextChoices):
        POSTPONED = "postponed"
        RESUMED = "resumed"
        CANCELLED = "cancelled"
        CARRIED_OVER = "carried_over", "carried over to a successor agreement"

    class Reason(models.TextChoices):
        BY_AGREEMENT = "by_agreement", "both sides agreed on it"
        ASKED_BY_ONE = "asked_by_one", "one side asked for it"
        LISTS = "lists", "the lists are not ready"
        TRANSPORT = "transport", "there is no transport"
        SAFETY = "safety", "the way is not safe"
        WEATHER = "weather", "the weather"
        AGREEMENT = "agreement", "the agreement rests or has ended"

    round = models.ForeignKey(Round, models.PROTECT, related_name="changes")
    step = models.CharField(max_length=12, choices=Step.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    document = models.CharField(max_length=120, blank=True, help_text="A reference to the paper, no names")
    status_before = models.CharField(max_length=16, choices=Round.Status.choices)
    opens_on_before = models.DateField()
    closes_on_before = models.DateField()
    terms_before = models.ForeignKey(Terms, models.PROTECT, related_name="+")
    opens_on = models.DateField()
    closes_on = models.DateField()
    resumes_on = models.DateField(null=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(step__in=("postponed", "cancelled")) | ~Q(reason=""),
                name="roundchange_says_why",
            ),
            models.CheckConstraint(
                condition=Q(step="postponed", resumes_on__isnull=False)
                | (~Q(step="postponed") & Q(resumes_on=None)),
                name="roundchange_says_until_when",
            ),
            models.CheckConstraint(
                condition=Q(step="carried_over") | Q(recorded_by__isnull=False),
                name="roundchange_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}: {self.get_step_display()}"


class SettledAddressee(models.Model):
    """An addressee settled for a holding side: on the round's list, or accepted by those who may.

    Without this row, and one for the sender's tie, a parcel is not packed; its family reads nothing of it.
    """

    class How(models.TextChoices):
        ON_LIST = "on_list", "on the round's list"
        BOTH_OFFICES = "both_offices", "accepted by both offices"
        NEUTRAL = "neutral", "accepted by the neutral agency"

    person = models.ForeignKey("people.Person", models.PROTECT)
    holding = models.ForeignKey(Organisation, models.PROTECT)
    how = models.CharField(max_length=12, choices=How.choices)
    recorded_by = models.ForeignKey(Staff, models.PROTECT)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "holding"], name="addressee_settled_once"),
        ]

    def __str__(self) -> str:
        return f"addressee {self.person_id} at {self.holding}"
