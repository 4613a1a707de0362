"""Visits to prisoners: by the two offices to each other's, by the neutral agency, by families."""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from exchanges.models.agreements import Agreement
from people.models import Organisation, Person, Staff, new_reference

_DATED: Final = ("scheduled", "held", "reported")
_SET_ASIDE: Final = ("postponed", "cancelled")


def once_at_a_time(name: str, who: str) -> ExclusionConstraint:
    """Return the constraint that no two rows name the same `who` at overlapping times.

    A range of the one id stands for the id: ranges have the operators an exclusion needs, so no extension
    has to be installed. Rows of visits that have no booked time hold no range and exclude nothing.
    """
    only = Func(F(who), F(who), Value("[]"), function="int8range")
    return ExclusionConstraint(
        name=name, expressions=[(only, RangeOperators.OVERLAPS), ("during", RangeOperators.OVERLAPS)]
    )


class Visit(models.Model):
    """One visit, from the word of two offices to its report. Steps are in `exchanges.lifecycle.VISIT`."""

    class Kind(models.TextChoices):
        MUTUAL = "mutual", "by an ombudsman's office"
        FAMILY = "family", "by families"
        NEUTRAL = "neutral", "by the neutral agency"

    class Status(models.TextChoices):
        AGREED = "agreed"
        SCHEDULED = "scheduled"
        HELD = "held"
        REPORTED = "reported"
        POSTPONED = "postponed"
        CANCELLED = "cancelled"

    class InPrivate(models.TextChoices):
        YES = "yes", "in private"
        NO = "no", "not in private"
        UNKNOWN = "unknown", "not known whether in private"

    class Reason(models.TextChoices):
        NOT_READY = "not_ready", "preparations are not finished"
        TRAVEL = "travel", "travel is not possible"
        SAFETY = "safety", "not safe at present"
        ILLNESS = "illness", "illness"
        REGIME = "regime", "the place does not receive visitors"
        MOVED = "moved", "those to be seen are elsewhere"
        BY_VISITOR = "by_visitor", "the visiting side asked"
        BY_HOST = "by_host", "the host asked"
        OTHER = "other", "another reason"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    visited_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    host = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", help_text="The office on whose side they are held"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.AGREED)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    # As its newest report says; before one, nobody knows.
    in_private = models.CharField(max_length=8, choices=InPrivate.choices, default=InPrivate.UNKNOWN)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # Wrapped by the key-encryption key: where prisoners are visited is where they are held.
    sealed_place = models.BinaryField(null=True)
    # As counted, those listed one by one included; null: nobody has told.
    letters_given = models.PositiveIntegerField(null=True, blank=True)
    letters_received = models.PositiveIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["mutual", "family", "neutral"]), name="visit_kind_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_DATED) | Q(starts_at__isnull=False, ends_at__isnull=False),
                name="visit_dated_when_scheduled",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None) | Q(starts_at__lt=F("ends_at")),
                name="visit_times_in_order",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=_SET_ASIDE) & ~Q(reason=""))
                | (~Q(status__in=_SET_ASIDE) & Q(reason="")),
                name="visit_set_aside_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(in_private__in=["yes", "no", "unknown"]), name="visit_in_private_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["starts_at"], name="visit_starts_at")]

    def __str__(self) -> str:
        return f"visit {self.reference}"

    def parties(self) -> set[int]:
        """Return the organisations that are a party to it."""
        return {self.visited_by_id, self.host_id}


class VisitStep(models.Model):
    """What was done with a visit, when and by whom. Only ever inserted; codes, times and counts, no names."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="history")
    what = models.CharField(max_length=16)
    status = models.CharField(max_length=10, choices=Visit.Status.choices)
    details = models.JSONField(default=dict)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.what} at {self.recorded_at}"


class VisitParticipant(models.Model):
    """A member of staff who goes, or receives. The database keeps `during`; nothing else writes it."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="participants")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    during = DateTimeRangeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "staff"], name="visit_participant_named_once"),
            once_at_a_time("visit_participant_once_at_a_time", "staff"),
        ]

    def __str__(self) -> str:
        return f"{self.staff}"


class VisitPerson(models.Model):
    """A prisoner to be seen, or a relative who comes. The database keeps `during`, and who may be which."""

    class Part(models.TextChoices):
        PRISONER = "prisoner"
        RELATIVE = "relative"

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, models.PROTECT, related_name="visits")
    part = models.CharField(max_length=8, choices=Part.choices)
    during = DateTimeRangeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "person"], name="visit_person_named_once"),
            models.CheckConstraint(condition=Q(part__in=["prisoner", "relative"]), name="visit_part_known"),
            once_at_a_time("visit_person_once_at_a_time", "person"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.person_id}"


class VisitLetter(models.Model):
    """A letter that a visit carried. It is read once by each side at most (GC III 76)."""

    class Direction(models.TextChoices):
        GIVEN = "given", "given to the prisoner"
        RECEIVED = "received", "received from the prisoner"

    class Read(models.TextChoices):
        NOT = "not", "not read by anybody else"
        ONCE = "once", "read once"
        MORE = "more", "read more than once"
        UNKNOWN = "unknown", "not known"

    class Outcome(models.TextChoices):
        CARRIED = "carried", "is carried"
        DELIVERED = "delivered", "delivered"
        WITHHELD = "withheld", "withheld"
        RETURNED = "returned", "returned"

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="letters")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    # Null where the visit did not tell; one of the two is always known.
    from_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    to_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    read = models.CharField(max_length=7, choices=Read.choices, default=Read.UNKNOWN)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.CARRIED)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(direction="given", to_person__isnull=False)
                | Q(direction="received", from_person__isnull=False),
                name="visit_letter_of_a_prisoner",
            ),
            models.CheckConstraint(
                condition=Q(read__in=["not", "once", "more", "unknown"])
                & Q(outcome__in=["carried", "delivered", "withheld", "returned"]),
                name="visit_letter_words_known",
            ),
        ]

    def __str__(self) -> str:
        return f"letter {self.direction}"


class VisitReport(models.Model):
    """What those who came back tell. A later word is another report of the same visit. Only ever inserted."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="reports")
    # Of one form that was sent twice, one report is kept.
    once = models.CharField(max_length=40, unique=True)
    in_private = models.CharField(max_length=8, choices=Visit.InPrivate.choices)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"report of {self.visit_id} at {self.recorded_at}"


class ReportedPerson(models.Model):
    """One prisoner of a report: seen or not, and what they said in their own words. Only ever inserted."""

    report = models.ForeignKey(VisitReport, models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    seen = models.BooleanField()
    sealed_words = models.BinaryField(null=True, help_text="Under the prisoner's key")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "person"], name="visit_reported_once"),
        ]

    def __str__(self) -> str:
        return f"report on {self.person_id}"


class ReportedParcel(models.Model):
    """A parcel as a prisoner spoke of it, by its number as told. Only ever inserted.

    A contest among them is never told to the holding side: `exchanges.access.visits` says who reads these.
    """

    class Complete(models.TextChoices):
        YES = "yes", "whole"
        PARTLY = "partly", "in part"
        UNKNOWN = "unknown", "not said whether whole"

    reported = models.ForeignKey(ReportedPerson, models.PROTECT, related_name="parcels")
    parcel_number = models.CharField(max_length=13, db_index=True)
    received = models.BooleanField()
    complete = models.CharField(max_length=7, choices=Complete.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reported", "parcel_number"], name="visit_parcel_told_once"),
            models.CheckConstraint(
                condition=Q(received=True, complete__in=["yes", "partly", "unknown"])
                | Q(received=False, complete="unknown"),
                name="visit_parcel_completeness_known",
            ),
        ]

    def __str__(self) -> str:
        return self.parcel_number


class CalendarAddress(models.Model):
    """The secret address of a member's calendar. Only its hash is kept; a new one ends the old one."""

    staff = models.OneToOneField(Staff, models.PROTECT, primary_key=True, related_name="calendar_address")
    token_hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.staff_id}"
