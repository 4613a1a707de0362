"""Claims: what somebody says of a person, a parcel, a return or a number. Kept as said, never overwritten."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from exchanges.models.returns import Count, Recorded, Return
from people.models import Organisation, Person, new_reference


class Evidence(models.TextChoices):
    NONE = "", "none"
    DOCUMENT = "document", "a document"
    LIST = "list", "a list"
    LETTER = "letter", "a letter"
    TESTIMONY = "testimony", "somebody's own account"
    PHOTO = "photo", "photos"
    VIDEO = "video", "a video"
    VISIT = "visit", "a visit"


class Claim(Recorded):
    """A statement of a party or a source about one subject, in its own words. Only its standing changes."""

    class Kind(models.TextChoices):
        MOVED = "moved_across_line", "moved across the line"
        WHERE = "whereabouts", "where they are"
        WISH = "wish", "what they wish"
        NOT_ACCEPTED = "not_accepted_back", "not accepted back"
        READY = "ready_to_receive", "ready to receive"
        CONDITION = "condition", "a condition for it"
        ON_LIST = "on_list", "on a list, or not"
        STATE = "state", "how they are"
        NUMBER = "number", "a number"
        PARCEL = "parcel", "what became of a parcel"
        OTHER = "other", "something else"

    class Status(models.TextChoices):
        REPORTED = "reported"
        SUPPORTED = "supported"
        DISPUTED = "disputed"
        UNRESOLVED = "unresolved"
        CORRECTED = "corrected"
        WITHDRAWN = "withdrawn"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    kind = models.CharField(max_length=17, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REPORTED)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    parcel = models.CharField(max_length=13, blank=True, db_index=True)
    group = models.ForeignKey(Return, models.PROTECT, null=True, related_name="claims")
    count = models.ForeignKey(Count, models.PROTECT, null=True, related_name="claims")
    stated_by = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=120, blank=True)
    said_on = models.DateField()
    published_on = models.DateField(null=True)
    # Under the person's key where it is about one; else wrapped by the key-encryption key.
    sealed_words = models.BinaryField()
    evidence = models.CharField(max_length=9, choices=Evidence.choices, blank=True)
    evidence_reference = models.CharField(max_length=120, blank=True)
    answers = models.ForeignKey("self", models.PROTECT, null=True, related_name="answered_by")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, parcel="", group=None, count=None)
                | (Q(person=None, group=None, count=None) & ~Q(parcel=""))
                | Q(person=None, parcel="", group__isnull=False, count=None)
                | Q(person=None, parcel="", group=None, count__isnull=False),
                name="claim_about_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(stated_by__isnull=False) | ~Q(source=""), name="claim_has_a_source"
            ),
            # That somebody is not accepted back is what a named party says, never how things are.
            models.CheckConstraint(
                condition=~Q(kind="not_accepted_back") | Q(stated_by__isnull=False),
                name="claim_not_accepted_by_a_party",
            ),
            models.CheckConstraint(
                condition=Q(published_on=None) | Q(published_on__gte=F("said_on")),
                name="claim_published_once_said",
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.reference}"


class Assessment(Recorded):
    """How an office holds a claim to stand, and why. The claim's status mirrors the last one."""

    class Reason(models.TextChoices):
        CONFIRMED = "confirmed", "confirmed by another source"
        OTHER_SIDE = "other_side", "the other side says otherwise"
        DIFFERS = "differs", "sources differ"
        NOT_FOUND = "not_found", "nothing was found that shows it"
        MISTAKE = "mistake", "it was a mistake"
        TAKEN_BACK = "taken_back", "whoever said it took it back"
        NEWER = "newer", "something newer is known"

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="assessments")
    standing = models.CharField(max_length=10, choices=Claim.Status.choices)
    assessed_on = models.DateField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    evidence = models.CharField(max_length=9, choices=Evidence.choices, blank=True)
    evidence_reference = models.CharField(max_length=120, blank=True)
    # For officers of the office that assessed; sealed like the claim's words.
    sealed_note = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"{self.standing} on {self.assessed_on}"
