"""How a sender is tied to the person they send to, and what shows it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.staff import Staff


class Kinship(models.Model):
    """One tie with its evidence, as it was checked. A later check is a later row."""

    class Relation(models.TextChoices):
        PARENT = "parent", "parent"
        SPOUSE = "spouse", "husband, wife or partner"
        CHILD = "child", "child"
        SIBLING = "sibling", "brother or sister"
        RELATIVE = "relative", "other relative"
        FRIEND = "friend", "friend"
        REPRESENTATIVE = "representative", "lawyer or representative"
        NONE = "none", "no tie was found"

    class Evidence(models.TextChoices):
        REGISTER = "register", "civil register: birth, marriage"
        IDENTITY = "identity", "identity paper"
        COURT = "court", "decision of a court or notary"
        MILITARY = "military", "paper of the person's unit"
        OWN_WORD = "own_word", "word of the person held"
        SENDER_WORD = "sender_word", "word of the sender alone"
        OTHER = "other", "other paper"

    sender = models.ForeignKey(Person, models.PROTECT, related_name="ties_to_others")
    person = models.ForeignKey(Person, models.PROTECT, related_name="ties_of_senders")
    relation = models.CharField(
        max_length=16, choices=Relation.choices, help_text="What the sender is to them"
    )
    evidence = models.CharField(max_length=12, choices=Evidence.choices)
    document = models.CharField(max_length=120, blank=True, help_text="Reference of the paper, no names")
    source = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="Who states it")
    checked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sender=F("person")), name="kinship_of_two"),
            models.CheckConstraint(
                condition=Q(
                    relation__in=[
                        "parent", "spouse", "child", "sibling", "relative", "friend",
                        "representative", "none",
                    ]
                ),
                name="kinship_relation_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    evidence__in=[
                        "register", "identity", "court", "military", "own_word", "sender_word", "other",
                    ]
                ),
                name="kinship_evidence_known",
            ),
            # A paper has a reference; a word has none.
            models.CheckConstraint(
                condition=Q(evidence__in=["own_word", "sender_word"]) | ~Q(document=""),
                name="kinship_paper_named",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.relation} {self.sender_id} of {self.person_id}"
