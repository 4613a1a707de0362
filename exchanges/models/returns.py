"""Returns of displaced civilians: groups and persons, their wishes, and what each side counts and answers."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from exchanges.models.agreements import Agreement
from people.models import Organisation, Person, Staff, new_reference


class Recorded(models.Model):
    """Who recorded a row, for which office, and when."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


@pghistory.track()
class Return(models.Model):
    """A group, or one person, on the way back to their own side. Words that tell of it are wrapped."""

    class Status(models.TextChoices):
        REQUESTED = "requested"
        INFORMATION_PASSED = "information_passed", "information passed"
        NEGOTIATING = "negotiating"
        AGREED = "agreed"
        PLANNED = "planned"
        TRAVELLING = "travelling"
        RETURNED = "returned"
        FELL_THROUGH = "fell_through", "fell through"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    status = models.CharField(max_length=18, choices=Status.choices, default=Status.REQUESTED)
    # The office whose record this is; only it names the persons, so that nobody is counted twice.
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    from_organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="office of the side where they are"
    )
    to_organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name="office of the side they return to"
    )
    intermediary = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="A neutral organisation that helps, once there is one",
    )  # fmt: skip
    responsible = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name="responsible now", help_text="Who acts next",
    )  # fmt: skip
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, blank=True, related_name="returns",
        help_text="Under which it counts, if any",
    )  # fmt: skip
    sealed_title = models.BinaryField()
    sealed_region = models.BinaryField()
    requested_on = models.DateField()
    planned_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(from_organisation=F("to_organisation")), name="return_has_two_ends"
            ),
            models.CheckConstraint(
                condition=Q(planned_on__isnull=False) | ~Q(status__in=["planned", "travelling", "returned"]),
                name="return_planned_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(responsible=None)
                | Q(responsible=F("from_organisation"))
                | Q(responsible=F("to_organisation"))
                | Q(intermediary__isnull=False, responsible=F("intermediary")),
                name="return_responsible_is_concerned",
            ),
        ]

    def __str__(self) -> str:
        return f"return {self.reference}"


class ReturnPerson(models.Model):
    """A displaced civilian named on a return. Each is named by hand: nothing else joins two groups."""

    class Status(models.TextChoices):
        WITH_GROUP = "with_group", "with the group"
        RETURNED = "returned"
        SET_ASIDE = "set_aside", "stays behind"

    group = models.ForeignKey(Return, models.PROTECT, related_name="persons")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WITH_GROUP)
    named_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    named_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = "person on a return", "persons on returns"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "person"], name="returnperson_once_a_return"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(status="with_group"), name="returnperson_with_one_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.group_id}"


class ReturnStep(Recorded):
    """What became of a return, or of one person on it, and when. Only ever added."""

    class Reason(models.TextChoices):
        NO_REPLY = "no_reply", "no reply was recorded"
        NOT_AGREED = "not_agreed", "the sides did not agree"
        DAY_NOT_KEPT = "day_not_kept", "the day was not kept"
        OWN_WISH = "own_wish", "their own wish"
        HEALTH = "health", "not able to travel now"
        PAPERS = "papers", "papers are missing"
        OTHER_GROUP = "other_group", "travels with another group"
        UNKNOWN = "unknown", "not known"

    group = models.ForeignKey(Return, models.PROTECT, related_name="steps")
    member = models.ForeignKey(ReturnPerson, models.PROTECT, null=True, related_name="steps")
    status = models.CharField(max_length=18)
    happened_on = models.DateField()
    planned_on = models.DateField(null=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status__in=["fell_through", "set_aside"]) | ~Q(reason=""),
                name="returnstep_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} on {self.happened_on}"


class Wish(Recorded):
    """What a person said they wish: to whom, in private or not, when. A later wish is a later row."""

    class Wants(models.TextChoices):
        RETURN = "return", "wishes to return"
        STAY = "stay", "wishes to stay"
        ELSEWHERE = "elsewhere", "wishes to go elsewhere"
        UNDECIDED = "undecided", "has not decided"

    member = models.ForeignKey(ReturnPerson, models.PROTECT, related_name="wishes")
    wants = models.CharField(max_length=9, choices=Wants.choices)
    stated_to = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    in_private = models.BooleanField()
    stated_on = models.DateField()
    document = models.CharField(max_length=120, blank=True)
    # Their words, under the person's key; for those who heard or recorded them.
    sealed_words = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "wishes"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(wants__in=["return", "stay", "elsewhere", "undecided"]), name="wish_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_wants_display()}, {self.stated_on}"


class Whereabouts(Recorded):
    """Where a displaced civilian is, under their own key, and who looks after them there."""

    member = models.ForeignKey(ReturnPerson, models.PROTECT, related_name="whereabouts")
    sealed_place = models.BinaryField()
    since_on = models.DateField()
    stated_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    responsible = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "whereabouts"

    def __str__(self) -> str:
        return f"whereabouts since {self.since_on}"


class Count(Recorded):
    """A number somebody stated, with its scope and dates. None is worked out from another, none summed."""

    class Scope(models.TextChoices):
        ASKED_FOR = "asked_for", "asked for"
        MOVED = "moved", "moved across the line"
        ON_LIST = "on_list", "on a list handed over"
        RETURNED = "returned", "returned"
        OWN_OPERATIONS = "own_operations", "returned in its own operations"
        REMAINING = "remaining", "not yet returned"

    group = models.ForeignKey(Return, models.PROTECT, related_name="counts")
    number = models.PositiveIntegerField()
    scope = models.CharField(max_length=14, choices=Scope.choices)
    # Of whom exactly, in the words of who says so; wrapped, for it may name a place.
    sealed_scope = models.BinaryField(null=True)
    stated_by = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=120, blank=True)
    said_on = models.DateField()
    published_on = models.DateField(null=True)
    document = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stated_by__isnull=False) | ~Q(source=""), name="count_has_a_source"
            ),
            models.CheckConstraint(
                condition=Q(published_on=None) | Q(published_on__gte=F("said_on")),
                name="count_published_once_said",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_scope_display()}"


class Question(Recorded):
    """One side asked another about a return. As long as no reply stands beside it, there is silence."""

    group = models.ForeignKey(Return, models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_on = models.DateField()
    document = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(asked_by=F("asked_of")), name="question_between_two"),
        ]

    def __str__(self) -> str:
        return f"asked on {self.asked_on}"


class Reply(Recorded):
    """That a question was answered. What was answered is a claim or a count of who answers."""

    question = models.OneToOneField(Question, models.PROTECT, related_name="reply")
    replied_on = models.DateField()
    document = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return f"replied on {self.replied_on}"
