"""What lets a member of staff in, and for how long: factors, invitations, sessions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.staff import Staff


class Passkey(models.Model):
    """A WebAuthn credential, of which the public half is kept."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField(help_text="COSE, as the authenticator attested it")
    sign_count = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AuthenticatorApp(models.Model):
    """A shared secret for codes by the clock (RFC 6238), sealed under the key from outside the database."""

    staff = models.OneToOneField(Staff, models.PROTECT, related_name="authenticator_app")
    sealed_secret = models.BinaryField()
    # The step of 30 seconds whose code was used last: neither it nor one before is taken again.
    last_step = models.BigIntegerField()
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"authenticator app of {self.staff}"


class RecoveryCode(models.Model):
    """One of ten, for when the other factors are lost. Kept as a hash: it has 120 random bits."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="recovery_codes")
    code_hash = models.BinaryField(unique=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recovery code of {self.staff}"


class Invitation(models.Model):
    """A one-use link with which a member of staff chooses how to come in. Kept as a hash."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="invitations")
    token_hash = models.BinaryField(unique=True)
    # None on the server's own command line.
    made_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    # Used, or dead because a newer one was given.
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff"], condition=Q(closed_at=None), name="invitation_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.staff}"


class StaffSession(models.Model):
    """One who is in: how they proved who they are, and when last. Without it a session opens nothing."""

    class Way(models.TextChoices):
        PASSKEY = "passkey", "a passkey"
        APP = "app", "password and app"
        RECOVERY_CODE = "recovery_code", "password and recovery code"
        THIS_MACHINE = "this_machine", "a link on the machine itself"

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    way = models.CharField(max_length=20, choices=Way.choices)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    fresh_at = models.DateTimeField()
    browser = models.CharField(max_length=20, help_text="Its family; no version, no address")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(way__in=["passkey", "app", "recovery_code", "this_machine"]),
                name="staffsession_second_factor",
            ),
        ]

    def __str__(self) -> str:
        return f"session of {self.staff}"
