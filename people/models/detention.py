"""Where a person is held, as it was stated: a table of its own, so that nothing else opens it in passing."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.persons import Person
from people.models.situations import SituationEvent
from people.models.staff import Staff

_DATE: Final = r"^(19|20)\d{2}(-\d{2}(-\d{2})?)?$"


class Detention(models.Model):
    """One period in one place. The place is sealed under the person's key; a later word is a later row."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="detentions")
    from_on = models.CharField(max_length=10, help_text="YYYY, YYYY-MM or YYYY-MM-DD")
    until_on = models.CharField(max_length=10, blank=True, help_text="Empty while it lasts")
    sealed_place = models.BinaryField()
    stated_by = models.CharField(max_length=12, choices=SituationEvent.StatedBy.choices)
    source = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    document = models.CharField(max_length=120, blank=True, help_text="Reference of the paper, no names")
    # The period that this one states anew: it has ended, or it was told wrongly.
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "places of detention"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(from_on__regex=_DATE), name="detention_from_date"),
            models.CheckConstraint(
                condition=Q(until_on="") | Q(until_on__regex=_DATE), name="detention_until_date"
            ),
            models.CheckConstraint(
                condition=Q(stated_by__in=SituationEvent.StatedBy.values), name="detention_stated_by_known"
            ),
        ]

    def __str__(self) -> str:
        return f"detention of {self.person_id} from {self.from_on}"
