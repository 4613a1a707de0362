# mypy: allow-untyped-decorators, allow-subclassing-any
"""The parcel's table as django-fsm-2 is used: the status is a field of the model, each move a method."""

from typing import ClassVar

from django.db import models
from django_fsm import FSMField, transition

from parcels.models import Parcel


class OneParcel(models.Model):
    """The columns that screening reads or writes, of the same table with the same constraints."""

    number = models.CharField(max_length=13, unique=True)
    round_id = models.BigIntegerField()
    external_id = models.CharField(max_length=100, null=True)  # noqa: DJ001
    status = FSMField(default="accepted", protected=True)
    last_number = models.IntegerField()
    status_since = models.DateTimeField()
    overdue_since = models.DateTimeField(null=True)
    gross_mass_g = models.PositiveIntegerField(null=True)
    frozen = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["OneParcel"]] = models.Manager()

    class Meta:
        managed = False
        app_label = "bench"
        db_table = Parcel._meta.db_table

    def __str__(self) -> str:
        return self.number

    @transition(field=status, source="accepted", target="cleared")
    def clear(self) -> None:
        """Let it travel."""

    @transition(field=status, source="accepted", target="in_review")
    def hold(self) -> None:
        """Let a person decide."""

    @transition(field=status, source="accepted", target="refused")
    def refuse(self) -> None:
        """Not accepted as packed."""
