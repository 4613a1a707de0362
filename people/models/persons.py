"""The people parcels are about, and what is known of them: sealed, each under their own key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation, Party
from people.models.references import new_reference


class Person(models.Model):
    """Somebody a parcel is about. Facts on them are rows with a source, sealed under their own key."""

    class Kind(models.TextChoices):
        PRISONER = "prisoner", "prisoner"
        SENDER = "sender", "sender"
        EVACUEE = "evacuee", "displaced civilian"

    reference = models.CharField(max_length=16, default=new_reference)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The office whose record this is; another office's record of the same human being is another row.
    organisation = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, db_index=False)
    recorded_at = models.DateTimeField(db_default=Now())
    # When a worker last looked for other records of the same human being. None: it is due.
    matched_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The version of the search key under which name keys and match keys lie.
    search_version = models.SmallIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        verbose_name_plural = "people"
        constraints: ClassVar = [
            # A unique field would have a second index, for searching by its beginning.
            models.UniqueConstraint(fields=["reference"], name="person_reference_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(matched_at=None) & ~Q(kind="sender"),
                name="person_to_match",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class PersonKey(models.Model):
    """A person's own key, wrapped by the key-encryption key; destroying it erases what it sealed."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="key")
    wrapped = models.BinaryField()
    kek_version = models.SmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"key of {self.person_id}"


class DataKey(models.Model):
    """The key of one subject that is nobody on record: a round, a consignment, a visit. Destroying it erases.

    Wrapped like a person's. What tells of a route, a place or an intermediary is sealed under one of these.
    """

    class Kind(models.TextChoices):
        ROUND = "round"
        CONSIGNMENT = "consignment"
        VISIT = "visit"
        RETURN = "return"
        # Of a whole office, made with the first key of all: one for each exchange would tell their number.
        PRISONERS = "prisoners", "exchanges of prisoners of an office"
        CLAIMS = "claims", "claims of an office about nobody"
        STAFF = "staff", "a member of staff"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.BigIntegerField()
    wrapped = models.BinaryField()
    kek_version = models.SmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="datakey_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["round", "consignment", "visit", "return", "prisoners", "claims", "staff"]
                ),
                name="datakey_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"key of {self.kind} {self.subject}"


class Fact(models.Model):
    """One thing an office was told of a person, as it was told. A later word is a later row."""

    class Kind(models.TextChoices):
        NAME = "name", "name"  # as written
        NAME_LATIN = "name_latin", "name in Latin letters"  # told so, never derived
        OTHER_NAME = "other_name", "other name"  # a maiden name, a former name
        BIRTH_DATE = "birth_date", "birth date"  # EDTF, see people.dates, so it carries its precision
        SERVICE_NUMBER = "service_number", "service number"
        EXTERNAL_ID = "external_id", "external id"  # under which the source keeps this person
        CONTACT = "contact", "contact"  # a JSON object: phone, email, contact_by
        TERM = "term", "term used by the source"  # for what became of a civilian; ours is neutral

    person = models.ForeignKey(Person, models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    sealed = models.BinaryField()
    source = models.ForeignKey(Organisation, models.PROTECT, db_index=False)
    stated_on = models.DateField(null=True, blank=True)
    document = models.CharField(
        max_length=120, blank=True, db_default="", help_text="Reference of the paper, no names"
    )
    recorded_by = models.ForeignKey("people.Staff", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"


class NameKey(models.Model):
    """A keyed hash of one folded name: whole names are found by it in any script, none is read back."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="name_keys", db_index=False)
    key = models.BinaryField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["key", "person"], name="namekey_key"),
            models.Index(fields=["person"], name="namekey_person"),
        ]

    def __str__(self) -> str:
        return f"name key of {self.person_id}"
