"""What travels together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from exchanges.models import Round, Terms
from people.models import Organisation


class Consignment(models.Model):
    """Parcels that travel together under one seal. Its dispatch is all or nothing."""

    class Status(models.TextChoices):
        OPEN = "open"
        SEALED = "sealed"
        DISPATCHED = "dispatched"
        HANDED_OVER = "handed_over", "handed over"

    number = models.CharField(max_length=20, unique=True)
    round = models.ForeignKey(Round, models.PROTECT, related_name="consignments")
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    seal = models.CharField(max_length=40, blank=True)
    # How it travels, and through whose hands; a JSON object, see `parcels.routes`.
    sealed_route = models.BinaryField(null=True, help_text="Under the consignment's own key")
    # What has left finishes under these, whatever its round goes on under. Empty until it leaves.
    terms = models.ForeignKey(Terms, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="open") | ~Q(seal=""), name="consignment_sealed_has_seal"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ConsignmentNews(models.Model):
    """The one day on which a move of a consignment becomes public for all of its parcels.

    It is made anew once every such movement was undone; `Publication` keeps what was told of those.
    """

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="news")
    move = models.CharField(max_length=16)
    public_from = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consignment", "move"], name="consignmentnews_once"),
        ]

    def __str__(self) -> str:
        return f"{self.move} of {self.consignment_id}"
