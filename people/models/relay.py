"""Where partners are told, under which secrets, and what they were told or still are to be."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from people.models.organisations import Organisation
from people.models.references import new_reference
from people.models.staff import Client


class Endpoint(models.Model):
    """An address that something is sent to: a partner's system (webhook) or a mailbox.

    The lease lies on the endpoint, so what goes there goes in its order, and a slow one delays only itself.
    What it is told is what its client may read.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "webhook"
        MAIL = "mail", "mailbox"

    class Because(models.TextChoices):
        GONE = "gone", "it answered 410: gone"
        EXHAUSTED = "exhausted", "the last attempt failed"
        STAFF = "staff", "a member of staff paused it"
        PARTNER = "partner", "the partner paused it"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.WEBHOOK)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="endpoints",
        verbose_name="system", help_text="It is told what this system may read",
    )  # fmt: skip
    address = models.CharField(max_length=500, help_text="https, port 443, a public address")
    contact = models.EmailField(
        max_length=254, blank=True, help_text="Who is told when nothing can be delivered any more"
    )
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    # Nothing is sent while it is disabled; what happens meanwhile waits for it.
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=10, choices=Because.choices, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # How the relay goes on with it, by the database's clock.
    next_try_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    slow = models.BooleanField(default=False, db_default=False, help_text="Its last answer took long")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When it last took something")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="webhook", client__isnull=False) | Q(kind="mail", client=None),
                name="endpoint_of_a_system",
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_because="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_because="")),
                name="endpoint_disabled_because",
            ),
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None) | Q(lease__isnull=False, lease_until__isnull=False),
                name="endpoint_lease_ends",
            ),
            models.UniqueConstraint(
                fields=["address"], condition=Q(kind="mail"), name="endpoint_mailbox_once"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def status(self) -> str:
        if self.closed_at:
            return "closed"
        return "disabled" if self.disabled_at else "active"


class EndpointKey(models.Model):
    """A version of an endpoint's secrets. While it rotates, what is sent is signed under every live one."""

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="keys")
    number = models.IntegerField()
    wrapped = models.BinaryField(help_text="64 bytes: the secret of v1, then the private key of v1a")
    kek_version = models.IntegerField()
    public = models.BinaryField(help_text="The public key of v1a: Ed25519, 32 bytes")
    made_at = models.DateTimeField(db_default=Now())
    until_at = models.DateTimeField(null=True, blank=True, help_text="Empty: the one in use")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="endpointkey_numbered"),
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(until_at=None), name="endpointkey_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.endpoint_id}"


class Delivery(models.Model):
    """One event for one endpoint: the same id and the same body however often it is sent."""

    MOST_ATTEMPTS = 10

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DELIVERED = "delivered", "delivered"
        QUARANTINED = "quarantined", "in quarantine"
        WITHHELD = "withheld", "withheld: it may not be read there any more"

    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=60, help_text="What it is about: told once to each endpoint")
    body = models.TextField()
    made_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0, help_text="Counted before each is made")
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True, help_text="What came of the last attempt")
    took_ms = models.IntegerField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "key"], name="delivery_told_once"),
            models.CheckConstraint(
                condition=Q(attempts__gte=0, attempts__lte=10), name="delivery_attempts_counted"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None)
                | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="delivery_ended_or_waits",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["endpoint", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["id"], condition=Q(state="quarantined"), name="delivery_quarantined"),
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
        ]

    def __str__(self) -> str:
        return self.reference
