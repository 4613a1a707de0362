"""Who works here, which systems call, and what each may do."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pghistory
from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from oauth2_provider.models import AbstractApplication

from people.models.organisations import Organisation


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
    people_an_hour = models.PositiveIntegerField(
        "people an hour",
        default=50,
        db_default=50,
        validators=[MaxValueValidator(5_000)],
        help_text="How many different people it may read in an hour; past that it is stopped.",
    )

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
        return self.not_ended(at).filter(from_at__lte=at, waits=False)

    def not_ended(self, at: datetime | None = None) -> GrantQuerySet:
        """Return those in force and those still to come, or to be confirmed."""
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
    waits = models.BooleanField("waits for a second person", default=False, db_default=False)

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

    @property
    def who(self) -> str:
        return str(self.staff) if self.staff else f"system {self.client.name if self.client else ''}"


class SignInLink(models.Model):
    """A one-use way in for the demonstration's accounts, from the machine itself only. Kept as a hash."""

    staff = models.ForeignKey(Staff, models.CASCADE)
    token_hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.staff}"
