"""Exchanges of prisoners: known to the officers named on each, and to nobody else.

Row security keeps every table of this file: without `people.actors.announce` in the transaction, by one who
is named, there are no rows. Whatever is told in words is sealed under the key-encryption key.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from people.models import Approval, Organisation, Person, Staff, new_reference


class Exchange(models.Model):
    """One office's file of one exchange. Another office that takes part keeps its own."""

    class Category(models.TextChoices):
        N_FOR_N = "n_for_n", "equal numbers"
        SERIOUSLY_WOUNDED_SICK = "seriously_wounded_sick", "seriously wounded and sick"
        UNDER_25 = "under_25", "under 25"
        BODIES = "bodies", "bodies of the dead"
        GOODWILL_UNEQUAL = "goodwill_unequal", "goodwill, unequal numbers"
        CIVILIANS = "civilians", "civilians"
        FAMILY_REUNIFICATION = "family_reunification", "family reunification"
        OUTSIDE_EXCHANGE = "outside_exchange", "outside an exchange"

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        LISTS_EXCHANGED = "lists_exchanged", "lists exchanged"
        VERIFIED = "verified"
        AGREED = "agreed"
        UNDER_WAY = "under_way", "under way"
        COMPLETED = "completed"
        POSTPONED = "postponed"
        CANCELLED = "cancelled"

    # The only name by which it goes outside: a number would tell how many others there are.
    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    category = models.CharField(max_length=24, choices=Category.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROPOSED)
    one_side = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    other_side = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    sealed_title = models.BinaryField()
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = "exchange of prisoners"
        verbose_name_plural = "exchanges of prisoners"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(one_side=F("other_side")), name="exchange_has_two_sides"),
        ]

    def __str__(self) -> str:
        return f"exchange {self.reference}"

    @property
    def sides(self) -> tuple[Organisation, Organisation]:
        return self.one_side, self.other_side


class NamedOfficer(models.Model):
    """Who knows of an exchange, since when and until when; both under an act of two people."""

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="officers")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    named_under = models.ForeignKey(Approval, models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    unnamed_under = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    unnamed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["exchange", "staff"], condition=Q(unnamed_at=None), name="officer_named_once"
            ),
            models.CheckConstraint(
                condition=Q(unnamed_at=None, unnamed_under=None)
                | Q(unnamed_at__isnull=False, unnamed_under__isnull=False),
                name="officer_unnamed_under_an_act",
            ),
        ]

    def __str__(self) -> str:
        return f"officer {self.staff_id} on {self.exchange_id}"


class Stage(models.Model):
    """One day on which people cross. The numbers each way may differ; nothing of it need be public."""

    class Status(models.TextChoices):
        PLANNED = "planned"
        FINISHED = "finished"
        FELL_THROUGH = "fell_through", "fell through"

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="stages")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    planned_on = models.DateField(null=True)
    from_one_side = models.PositiveIntegerField(null=True)
    from_other_side = models.PositiveIntegerField(null=True)
    numbers_public = models.BooleanField(default=False)
    sealed_place = models.BinaryField(null=True)
    finished_on = models.DateField(null=True)
    finished_under = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exchange", "number"], name="stage_number_once"),
            models.CheckConstraint(
                condition=Q(status="finished", finished_on__isnull=False, finished_under__isnull=False)
                | (~Q(status="finished") & Q(finished_on=None, finished_under=None)),
                name="stage_finished_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"stage {self.number}"


class PrisonerList(models.Model):
    """A list as it was stated: who goes home from one holding side. A correction is a later row."""

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="lists")
    holding = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    stated_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    stated_on = models.DateField()
    sealed_note = models.BinaryField(null=True)
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["exchange", "holding", "version"], name="prisonerlist_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"list of {self.holding_id}, version {self.version}"


class ListedPerson(models.Model):
    """A person on a list, from when they were listed until they crossed or were taken off."""

    class Status(models.TextChoices):
        LISTED = "listed"
        VERIFIED = "verified"
        DISPUTED = "disputed"
        EXCHANGED = "exchanged"
        REMOVED = "removed"

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="people")
    on_list = models.ForeignKey(PrisonerList, models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LISTED)
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="people")
    # It was recorded that they crossed, and two officers said later that they did not.
    corrected = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["exchange", "person"],
                condition=~Q(status="removed") & Q(corrected=False),
                name="person_listed_once",
            ),
            models.CheckConstraint(
                condition=Q(status="exchanged", stage__isnull=False) | Q(status="verified") | Q(stage=None),
                name="person_crosses_in_a_stage",
            ),
            models.CheckConstraint(
                condition=Q(corrected=False) | Q(status="exchanged"), name="person_corrected_after_crossing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class ListedStep(models.Model):
    """What became of a person on a list, step by step. Only ever inserted."""

    class What(models.TextChoices):
        LISTED = "listed"
        VERIFIED = "verified"
        DISPUTED = "disputed"
        REMOVED = "removed"
        PLANNED = "planned", "put in a stage"
        UNPLANNED = "unplanned", "taken out of the stage"
        STAYED = "stayed", "did not cross with the stage"
        EXCHANGED = "exchanged"
        NOT_EXCHANGED = "not_exchanged", "turned out not exchanged"

    class Reason(models.TextChoices):
        NAME_DIFFERS = "name_differs", "name differs"
        BIRTH_DATE_DIFFERS = "birth_date_differs", "date of birth differs"
        EXCHANGED_BEFORE = "exchanged_before", "exchanged before"
        NOT_HELD = "not_held", "said not to be held"
        NOT_A_PRISONER = "not_a_prisoner", "a civilian on a list of prisoners"
        OWN_WISH = "own_wish", "own wish"
        CORRECTED_LIST = "corrected_list", "not on the corrected list"
        OTHER = "other", "another reason"

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="+")
    listed = models.ForeignKey(ListedPerson, models.PROTECT, related_name="taken")
    what = models.CharField(max_length=16, choices=What.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    sealed_note = models.BinaryField(null=True)
    on_list = models.ForeignKey(PrisonerList, models.PROTECT, null=True, related_name="+")
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    under = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.what} {self.listed_id}"


class ExchangeCount(models.Model):
    """How many, as somebody counted. Counts stand side by side: none is derived, corrected or summed."""

    class Scope(models.TextChoices):
        LISTED = "listed", "named on a list"
        AGREED = "agreed", "agreed"
        HANDED_OVER = "handed_over", "handed over"
        RECEIVED = "received", "received"
        IDENTIFIED = "identified", "identified"

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="counts")
    stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    holding = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    scope = models.CharField(max_length=12, choices=Scope.choices)
    count = models.PositiveIntegerField()
    source = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    stated_on = models.DateField()
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} {self.scope}"


class ExchangeTrace(models.Model):
    """Every look at an exchange and every act on it, for those named on it. Only ever inserted.

    It is no row of the common audit: there, its mere number would tell others that an exchange goes on.
    """

    OPENED = "opened"

    class Purpose(models.TextChoices):
        RETURN_ARRANGEMENT = "return_arrangement", "arranging the exchange"
        VERIFICATION = "verification", "verifying who is on a list"
        RIGHTS_REQUEST = "rights_request", "a request of the person or their family"
        INCIDENT = "incident", "an incident"

    exchange = models.ForeignKey(Exchange, models.PROTECT, related_name="traces")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    act = models.CharField(max_length=40)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(act="opened", purpose=""), name="look_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.act} at {self.at}"
