"""Who: parties, organisations, staff, rights, and the people parcels are about."""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from oauth2_provider.models import AbstractApplication


def new_reference() -> str:
    """Return an opaque reference for use outside: 16 characters of a base32 alphabet, 80 random bits."""
    return b32encode(secrets.token_bytes(10)).translate(_CROCKFORD).decode()


_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz")


class Party(models.Model):
    """A side of an agreement. Both are treated alike."""

    code = models.SlugField(max_length=20, unique=True)
    name_ru = models.CharField(max_length=200)
    name_uk = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "parties"

    def __str__(self) -> str:
        return self.name_en


class Organisation(models.Model):
    """An ombudsman's office, the neutral agency, a carrier. Dates and terms count in its time zone."""

    code = models.SlugField(max_length=40, unique=True)
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, help_text="Empty for a neutral organisation"
    )
    name_ru = models.CharField(max_length=200)
    name_uk = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    contact_ru = models.CharField(max_length=300, blank=True, help_text="How a family reaches this office")
    contact_uk = models.CharField(max_length=300, blank=True)
    contact_en = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name_en


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> Staff:
        staff = self.model(username=username, **fields)
        staff.set_password(password)
        staff.save()
        return staff


class Staff(AbstractBaseUser):
    """A person who works in the admin. What they may do is in their grants, nowhere else."""

    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = StaffManager()

    class Meta:
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.display_name or self.username

    # The stock admin asks these three.
    @property
    def is_staff(self) -> bool:
        return self.is_active and self.grants.current().exists()

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """The way in answers, from the grants: see `people.signin`."""
        return self.is_active and any(backend.has_perm(self, perm, obj) for backend in get_backends())

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Client(AbstractApplication):
    """A partner's system. Two live secrets are two clients of one organisation."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="clients")
    active = models.BooleanField(default=True)

    class Meta(AbstractApplication.Meta):
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"

    def is_usable(self, request: object) -> bool:
        return self.active and self.grants.current().exists()


class Role(models.TextChoices):
    REGISTRAR = "registrar"
    SCREENER = "screener"
    DISPATCHER = "dispatcher"
    LIAISON = "liaison"
    COORDINATOR = "coordinator"
    LOGISTICS = "logistics"
    MEDICAL = "medical"
    AUDITOR = "auditor"
    MANAGER = "manager"


class GrantQuerySet(models.QuerySet["Grant"]):
    def current(self, at: datetime | None = None) -> GrantQuerySet:
        at = at or timezone.now()
        return self.not_ended(at).filter(from_at__lte=at)

    def not_ended(self, at: datetime | None = None) -> GrantQuerySet:
        """Return those in force and those still to come."""
        return self.filter(Q(until_at=None) | Q(until_at__gt=at or timezone.now()))


@pghistory.track()
class Grant(models.Model):
    """A right is a row: one role for one staff member or client, in one organisation, for a time."""

    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="grants")
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    from_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(staff=None, client__isnull=False) | Q(staff__isnull=False, client=None),
                name="grant_of_one",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="grant_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.organisation}"


class Person(models.Model):
    """Somebody a parcel is about. Facts on them are rows with a source, sealed under their own key."""

    class Kind(models.TextChoices):
        PRISONER = "prisoner"
        SENDER = "sender"
        EVACUEE = "evacuee"

    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # The office whose record this is; another office's record of the same human being is another row.
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class PersonKey(models.Model):
    """A person's own key, wrapped by the key-encryption key; destroying it erases what it sealed."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="key")
    wrapped = models.BinaryField()
    kek_version = models.SmallIntegerField(default=1)

    def __str__(self) -> str:
        return f"key of {self.person_id}"


class Fact(models.Model):
    """One thing an office was told of a person, as it was told. A later word is a later row."""

    class Kind(models.TextChoices):
        NAME = "name"
        BIRTH_DATE = "birth_date"  # EDTF level 0: YYYY, YYYY-MM or YYYY-MM-DD, so it carries its precision
        SERVICE_NUMBER = "service_number"
        EXTERNAL_ID = "external_id"  # under which the source keeps this person
        CONTACT = "contact"  # a JSON object: phone, email, contact_by

    person = models.ForeignKey(Person, models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    sealed = models.BinaryField()
    source = models.ForeignKey(Organisation, models.PROTECT)
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


class SituationEvent(models.Model):
    """What became of a prisoner, stated by somebody. The follow worker acts on the well founded."""

    class Situation(models.TextChoices):
        HELD = "held", "held"
        IN_HOSPITAL = "in_hospital", "in hospital"
        TRANSFERRED = "transferred", "transferred"
        RELEASED = "released", "released"
        EXCHANGED = "exchanged", "exchanged"
        DECEASED = "deceased", "deceased"

    class StatedBy(models.TextChoices):
        ONE_SIDE = "one_side", "one side"
        BOTH_SIDES = "both_sides", "both sides"
        NEUTRAL = "neutral", "the neutral agency"
        TWO_OFFICERS = "two_officers", "confirmed by two officers"

    person = models.ForeignKey(Person, models.PROTECT, related_name="situation_events")
    situation = models.CharField(max_length=12, choices=Situation.choices)
    happened_on = models.DateField()
    stated_by = models.CharField(max_length=12, choices=StatedBy.choices)
    source = models.ForeignKey(Organisation, models.PROTECT)
    document = models.CharField(max_length=120, blank=True, help_text="Reference of the paper, no names")
    recorded_by = models.ForeignKey(Staff, models.PROTECT)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    situation__in=["held", "in_hospital", "transferred", "released", "exchanged", "deceased"]
                ),
                name="situation_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_situation_display()} on {self.happened_on}"


class Approval(models.Model):
    """The one two-person mechanism: proposed by one, decided by another.

    When two screeners differ, the second one's proposal carries the first as `against`; who decides it
    has proposed neither.
    """

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed"
        REJECTED = "rejected"
        VOIDED = "voided"  # what it was about has changed since

    subject_kind = models.CharField(max_length=20)
    subject = models.BigIntegerField()
    act = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    details = models.JSONField(default=dict)
    proposed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now())
    against = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="answer")
    # A copy of against.proposed_by, so that the database itself can refuse their second decision.
    also_not_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, null=True, blank=True)  # noqa: DJ001
    reason = models.CharField(max_length=200, blank=True, help_text="A code or a few words without names")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(proposed_by=F("decided_by")), name="approval_by_two"),
            models.CheckConstraint(condition=~Q(also_not_by=F("decided_by")), name="approval_by_a_third"),
            models.CheckConstraint(
                condition=~Q(also_not_by=F("proposed_by")), name="approval_answered_by_another"
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=True, decided_at__isnull=True, decided_by__isnull=True)
                | Q(decision="voided", decided_at__isnull=False)
                | Q(decision__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="approval_decided_whole",
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject", "act"],
                condition=Q(decision__isnull=True),
                name="approval_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.subject_kind} {self.subject}"


class SignInLink(models.Model):
    """A one-use way in for the demonstration's accounts, from the machine itself only. Kept as a hash."""

    staff = models.ForeignKey(Staff, models.CASCADE)
    token_hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.staff}"


class ThrottleWindow(models.Model):
    """How often something was tried in a window; counted by one SQL statement, so exactly."""

    bucket = models.CharField(max_length=120, primary_key=True)
    started_at = models.DateTimeField()
    taken = models.IntegerField()

    def __str__(self) -> str:
        return self.bucket


class SavedReply(models.Model):
    """The reply to a write with an Idempotency-Key, so that a repeat is answered and not done again."""

    organisation = models.ForeignKey(Organisation, models.CASCADE)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField()
    status = models.SmallIntegerField()
    body = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "key"], name="savedreply_once"),
        ]

    def __str__(self) -> str:
        return f"reply {self.status} to {self.key}"


class AuditEntry(models.Model):
    """A sensitive look or act: who, when, what for. Only ever inserted."""

    at = models.DateTimeField(db_default=Now())
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=20, blank=True)
    subject = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.act} at {self.at}"
