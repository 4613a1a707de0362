"""What people ask about their own data, what an office did about it, and marks that stop work with it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.approvals import Approval
from people.models.consents import Consent
from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.purposes import Purpose
from people.models.references import new_reference
from people.models.staff import Staff


class RightsRequest(models.Model):
    """One request of a person about what an office holds on them. What was asked stands; it ends once."""

    class Kind(models.TextChoices):
        ACCESS = "access", "to be told what we hold"
        CORRECTION = "correction", "to have it corrected"
        OBJECTION = "objection", "objects to a purpose"
        RESTRICTION = "restriction", "to be kept, and not used"
        ERASURE = "erasure", "to be erased"

    class AskedBy(models.TextChoices):
        SELF = "self", "the person"
        REPRESENTATIVE = "representative", "their lawyer or legal representative"
        NEUTRAL = "neutral", "the neutral agency, for the person"

    class Identity(models.TextChoices):
        PAPER = "paper", "an identity paper was shown"
        KNOWN = "known", "known to the officer in person"
        CODE = "code", "their receipt code, and facts only they know"
        MANDATE = "mandate", "a written mandate was shown"
        VISIT = "visit", "said in private at a visit"

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    class Reason(models.TextChoices):
        UNDER_WAY = "under_way", "a parcel is on its way: used for that alone until it has ended"
        NOT_SHOWN = "not_shown", "who asked could not be shown to be that person"
        LEGAL_DUTY = "legal_duty", "a law or the agreement obliges us to keep it"
        CLAIM = "claim", "needed for a claim that is open"
        NOTHING_HELD = "nothing_held", "nothing is held that this is about"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    person = models.ForeignKey(Person, models.PROTECT, related_name="rights_requests")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, blank=True)
    asked_by = models.CharField(max_length=14, choices=AskedBy.choices)
    channel = models.CharField(max_length=8, choices=Consent.Channel.choices)
    identity = models.CharField(max_length=8, choices=Identity.choices, help_text="How it was checked")
    document = models.CharField(max_length=120, blank=True, help_text="Reference of the paper, no names")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=8, choices=Outcome.choices, null=True, blank=True)  # noqa: DJ001  null: open
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    decided_under = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "request about one's data"
        verbose_name_plural = "requests about one's data"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(due_at__gt=F("received_at")), name="rightsrequest_due_later"),
            models.CheckConstraint(
                condition=Q(kind__in=["access", "correction", "objection", "restriction", "erasure"]),
                name="rightsrequest_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="objection") | Q(purpose=""), name="rightsrequest_objects_to_a_purpose"
            ),
            models.CheckConstraint(
                condition=Q(outcome=None, ended_at=None, reason="")
                | Q(outcome="done", ended_at__isnull=False, reason="")
                | (Q(outcome="refused", ended_at__isnull=False, decided_under__isnull=False) & ~Q(reason="")),
                name="rightsrequest_ended_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organisation", "due_at"], condition=Q(outcome=None), name="rightsrequest_open"
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.reference}"


class Restriction(models.Model):
    """What is not done with a person's data: the last row of each mark counts. Only ever inserted."""

    class Mark(models.TextChoices):
        OBJECTION = "objection", "not used for a purpose"
        RESTRICTION = "restriction", "kept, and not used"
        HOLD = "hold", "not purged"

    person = models.ForeignKey(Person, models.PROTECT, related_name="restrictions")
    mark = models.CharField(max_length=11, choices=Mark.choices)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, blank=True)
    lifted = models.BooleanField(default=False)
    until_on = models.DateField(null=True, blank=True, help_text="A hold ends by itself on this day")
    request = models.ForeignKey(RightsRequest, models.PROTECT, null=True, related_name="marks")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    also_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(mark__in=["objection", "restriction", "hold"]), name="restriction_mark_known"
            ),
            models.CheckConstraint(
                condition=(Q(mark="objection") & ~Q(purpose="")) | (~Q(mark="objection") & Q(purpose="")),
                name="restriction_of_a_purpose",
            ),
            # Keeping longer is never without an end: silence means deletion.
            models.CheckConstraint(
                condition=~Q(mark="hold") | Q(until_on__isnull=False) | Q(lifted=True),
                name="restriction_hold_ends",
            ),
            models.CheckConstraint(
                condition=Q(lifted=False) | Q(also_by__isnull=False), name="restriction_lifted_by_two"
            ),
            models.CheckConstraint(
                condition=Q(also_by=None) | ~Q(also_by=F("recorded_by")), name="restriction_two_are_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mark} of {self.person_id}"


class Erasure(models.Model):
    """The proof that a person was erased: when, by which rule, under which act. It names nobody."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="erasure")
    rule = models.CharField(max_length=20, help_text="request, or the rule of retention")
    request = models.ForeignKey(RightsRequest, models.PROTECT, null=True, related_name="erasures")
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    erased_at = models.DateTimeField(db_default=Now())
    counts = models.JSONField(default=dict, help_text="How many rows of which table")

    def __str__(self) -> str:
        return f"erasure of {self.person_id}"
