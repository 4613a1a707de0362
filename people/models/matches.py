"""Who is the same person as whom, as an office states it. No statement changes anybody's record."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.approvals import Approval
from people.models.organisations import Organisation
from people.models.persons import Person


class MatchKey(models.Model):
    """A keyed hash of two or three things about a person, cut to eight bytes: it finds candidates only."""

    pk = models.CompositePrimaryKey("key", "person")
    key = models.BigIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="match_keys", db_index=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person"], name="matchkey_person")]

    def __str__(self) -> str:
        return f"match key of {self.person_id}"


class PossibleMatch(models.Model):
    """Two records that may be one person: a question to one office, until two of its people answer."""

    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="possible_matches", db_index=False)
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    # Codes of people.resemblance.WORDS: what speaks for it and what against.
    reasons = ArrayField(models.CharField(max_length=24), default=list)
    found_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "possible matches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "other", "office"], name="possiblematch_once"),
            models.CheckConstraint(condition=Q(person__lt=F("other")), name="possiblematch_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["office", "id"], condition=Q(settled_at=None), name="possiblematch_open"),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class MatchStatement(models.Model):
    """What an office says of two records; of several on one pair the newest counts. Only ever inserted."""

    class Says(models.TextChoices):
        SAME = "same", "one person"
        DIFFERENT = "different", "two persons"
        WITHDRAWN = "withdrawn", "taken back"

    class How(models.TextChoices):
        ALONE = "alone", "by itself: one record fits and nothing contradicts"
        TWO_PEOPLE = "two_people", "by two people"

    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    says = models.CharField(max_length=10, choices=Says.choices)
    how = models.CharField(max_length=10, choices=How.choices)
    approval = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="+")
    reasons = ArrayField(models.CharField(max_length=24), default=list)
    stated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(person__lt=F("other")), name="matchstatement_in_order"),
            models.CheckConstraint(
                condition=Q(how="alone", says="same", approval=None)
                | Q(how="two_people", approval__isnull=False),
                name="matchstatement_by_two_or_sure",
            ),
            models.CheckConstraint(
                condition=Q(says__in=["same", "different", "withdrawn"]), name="matchstatement_says_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "other", "office", "-id"], name="matchstatement_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} and {self.other_id}: {self.get_says_display()}"


class GroupMember(models.Model):
    """The statements of an office that hold, drawn together: one who is alone has no row.

    A mirror of `MatchStatement`, written with it; `head` is the oldest record of the group.
    """

    office = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships", db_index=False)
    head = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "office"], name="groupmember_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["office", "head"], name="groupmember_head")]

    def __str__(self) -> str:
        return f"{self.person_id} with {self.head_id}"
