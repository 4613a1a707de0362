"""What travels and where it is."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from exchanges.models import Agreement, ContentRule, Round, Terms
from parcels.custody_models import CustodyCheck as CustodyCheck
from parcels.custody_models import CustodyHead as CustodyHead
from parcels.custody_models import CustodyLeaf as CustodyLeaf
from parcels.custody_models import CustodyNode as CustodyNode
from parcels.custody_models import CustodySalt as CustodySalt
from parcels.lifecycle import MOVES, OBSERVE, Status
from people.models import Approval, Client, Organisation, Person, Staff

STATUS_CHOICES = [(status.value, status.value.replace("_", " ")) for status in Status]
MOVE_CHOICES = [(name, name.replace("_", " ")) for name in (*MOVES, OBSERVE)]


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


class Parcel(models.Model):
    """A parcel of one sender for one prisoner. Only `actions.advance` changes its status.

    `last_number` and `status` mirror its last movement; the database keeps the two together.
    """

    number = models.CharField(max_length=13)
    round = models.ForeignKey(Round, models.PROTECT, related_name="parcels", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    sender = models.ForeignKey(Person, models.PROTECT, related_name="sent_parcels")
    recipient = models.ForeignKey(Person, models.PROTECT, related_name="parcels")
    sealed_relationship = models.BinaryField(null=True, help_text="Under the sender's key")
    external_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  null: none was given
    content_hash = models.BinaryField(
        help_text="Hash of the declaration under the sender's key: a repeat is told from a change"
    )

    status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    last_number = models.IntegerField()
    status_since = models.DateTimeField()
    overdue_since = models.DateTimeField(null=True, blank=True)

    declared_mass_g = models.PositiveIntegerField(null=True, blank=True)
    gross_mass_g = models.PositiveIntegerField(null=True, blank=True)

    seed = models.BinaryField()
    code_key_version = models.SmallIntegerField(default=1)
    lookup_key_version = models.SmallIntegerField(default=1, db_default=1)
    code_hash = models.BinaryField(null=True, unique=True)

    frozen = models.BooleanField(
        default=False, help_text="Stops decisions, never facts; two officers release it"
    )
    flagged = models.BooleanField(default=False, help_text="A person should look")
    consignment = models.ForeignKey(
        Consignment, models.PROTECT, null=True, blank=True, related_name="parcels"
    )
    holder = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    tie_checked_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # The number of the first movement that a liaison has not released; it and what follows wait.
    held_from = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            # A unique field would have a second index, for searching by its beginning.
            models.UniqueConstraint(fields=["number"], name="parcel_number_once"),
            models.UniqueConstraint(fields=["organisation", "external_id"], name="parcel_external_id_once"),
            models.CheckConstraint(condition=Q(last_number__gte=1), name="parcel_has_a_movement"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["round", "status"], name="parcel_round_status"),
            models.Index(fields=["round", "recipient", "id"], name="parcel_quota_order"),
            models.Index(fields=["status", "status_since"], name="parcel_status_since"),
            models.Index(fields=["id"], condition=Q(status="accepted"), name="parcel_to_screen"),
            # A few among many, that lists and the first page ask for by the mark alone.
            models.Index(fields=["id"], condition=Q(overdue_since__isnull=False), name="parcel_overdue"),
            models.Index(fields=["id"], condition=Q(flagged=True), name="parcel_flagged"),
            models.Index(fields=["id"], condition=Q(frozen=True), name="parcel_frozen"),
            models.Index(fields=["id"], condition=Q(held_from__isnull=False), name="parcel_news_held"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def terms(self) -> Terms:
        """Those it left with, and those of its round as long as it is here."""
        left_with = self.consignment.terms if self.consignment else None
        return left_with or self.round.terms


class Line(models.Model):
    """One line of a declaration: so many pieces of one thing, grams a piece."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField()
    sealed_description = models.BinaryField(help_text="Under the sender's key: families write names into it")
    category = models.CharField(max_length=30)
    also = ArrayField(models.CharField(max_length=30), default=list)
    exact = models.BooleanField()
    quantity = models.PositiveIntegerField()
    unit_mass_g = models.PositiveIntegerField(null=True, blank=True)
    described_at = models.IntegerField(
        db_default=1, help_text="The movement that told it: 1 declares, an amendment describes anew"
    )
    removed = models.PositiveIntegerField(default=0, help_text="Pieces taken out again")

    class Fate(models.TextChoices):
        KEPT = "kept"
        RETURNED = "returned"
        GIVEN = "given", "given to other prisoners"
        DESTROYED = "destroyed"
        DESCRIBED_ANEW = "described_anew", "described anew"

    fate = models.CharField(max_length=14, choices=Fate.choices, default=Fate.KEPT)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parcel", "number"],
                name="line_numbered",
                include=["category", "also", "exact", "quantity", "unit_mass_g", "removed"],
            ),
            models.CheckConstraint(condition=Q(removed__lte=F("quantity")), name="line_removed_of_it"),
        ]

    def __str__(self) -> str:
        return f"line {self.number}: {self.category}"


class LineDecision(models.Model):
    """What two screeners decided on a line. It stands until the line or its rule changes."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="decisions")
    rule = models.ForeignKey(ContentRule, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8)
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.verdict} for line {self.line_id}"


class Movement(models.Model):
    """One step in a parcel's life: history, proof and outbox at once. Only ever inserted.

    It holds codes, numbers, times, masses and references; words about people are notes.
    """

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="movements", db_index=False)
    number = models.IntegerField()
    from_status = models.CharField(max_length=20, null=True, choices=STATUS_CHOICES)  # noqa: DJ001  null: the first
    move = models.CharField(max_length=16, choices=MOVE_CHOICES)
    status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    happened_at = models.DateTimeField(help_text="The world's time")
    recorded_at = models.DateTimeField(help_text="Ours")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    # Exactly what acted; both empty for the family and the worker, whose word is in `actor`.
    actor = models.CharField(max_length=8)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    client = models.ForeignKey(Client, models.PROTECT, null=True, related_name="+", db_index=False)
    external_id = models.CharField(max_length=100, null=True)  # noqa: DJ001  null: none was given
    corrects = models.IntegerField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parcel", "number", "status"], name="movement_numbered"),
            models.UniqueConstraint(fields=["parcel", "number"], name="movement_number_once"),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=Q(external_id__isnull=False),
                name="movement_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["parcel", "corrects"],
                condition=Q(corrects__isnull=False),
                name="movement_corrected_once",
            ),
            models.CheckConstraint(
                condition=Q(actor__in=["staff", "client", "worker", "family"]), name="movement_actor_known"
            ),
            models.CheckConstraint(
                condition=Q(number=1, from_status=None, move="register", status="registered")
                | (Q(number__gt=1, from_status__isnull=False) & ~Q(move="register")),
                name="movement_first_registers",
            ),
            models.CheckConstraint(
                condition=Q(move="correct", corrects__isnull=False) | (~Q(move="correct") & Q(corrects=None)),
                name="movement_correct_says_what",
            ),
        ]
        # What was seen too early waits here until it has become legal: the follow worker looks often.
        indexes: ClassVar = [
            models.Index(fields=["parcel", "number"], condition=Q(move="observe"), name="movement_observed"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.move}"


class Publication(models.Model):
    """From when a family may read a movement. No row: not public. Only ever inserted."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, db_index=False, related_name="publications")
    number = models.IntegerField()
    public_from = models.DateTimeField()
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parcel", "number"], name="publication_once", include=["public_from"]
            ),
        ]

    def __str__(self) -> str:
        return f"movement {self.number} from {self.public_from}"


class Finding(models.Model):
    """What screening found, by which rule, at which movement. Only ever inserted."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="findings")
    at_number = models.IntegerField(help_text="The movement that acted on it")
    line = models.PositiveSmallIntegerField(null=True)
    category = models.CharField(max_length=30, null=True)  # noqa: DJ001  null: of the parcel as a whole
    verdict = models.CharField(max_length=8)
    code = models.CharField(max_length=30)
    rule = models.ForeignKey(ContentRule, models.PROTECT, null=True, related_name="+", db_index=False)
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.verdict}"


class Note(models.Model):
    """Words about people, kept apart from movements and sealed under the person's key."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="notes")
    movement_number = models.IntegerField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    written_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"note on {self.parcel_id}"


class Batch(models.Model):
    """A share of due work. One worker holds it at a time; whoever finds it left takes it over, in halves."""

    kind = models.CharField(max_length=12)
    ids = ArrayField(models.BigIntegerField())
    attempts = models.SmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    failed = models.CharField(
        max_length=100, default="", db_default="", help_text="The class of the last error, and where"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "id"], name="batch_kind")]

    def __str__(self) -> str:
        return f"{self.kind} batch {self.pk}"


class Quarantine(models.Model):
    """A parcel or person that a worker failed on five times alone. Staff look, and let it go again."""

    kind = models.CharField(max_length=12)
    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True)
    since = models.DateTimeField(db_default=Now())
    reason = models.CharField(
        max_length=100, default="", db_default="", help_text="Empty where its worker died without a word"
    )

    class Meta:
        verbose_name_plural = "quarantine"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "parcel"], name="quarantine_once"),
            models.UniqueConstraint(fields=["kind", "person"], name="quarantine_person_once"),
            models.CheckConstraint(
                condition=Q(parcel=None, person__isnull=False) | Q(parcel__isnull=False, person=None),
                name="quarantine_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parcel or self.person} ({self.kind})"


class Tick(models.Model):
    """One run of a schedule. The pair is unique, so any number of beats makes one run a slot."""

    schedule = models.CharField(max_length=20)
    slot = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "slot"], name="tick_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.slot}"


class Outbox(models.Model):
    """A parcel to look at again for partners, because more of it becomes public then."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="+", db_index=False)
    look_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "outbox"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["look_at", "parcel"], name="outbox_once"),
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id} at {self.look_at}"


class Feed(models.Model):
    """How far one kind of row was taken up for partners, in the order of transactions.

    Beside these columns the table has `xact`: see `parcels.outbox_guard`.
    """

    name = models.CharField(max_length=12, primary_key=True)
    row = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Liveness(models.Model):
    """A process that works, and when it last said so. Its row goes when it ends, or is found to be gone."""

    class Program(models.TextChoices):
        WORKER = "worker"
        BEAT = "beat"
        SWEEP = "sweep"

    program = models.CharField(max_length=10, choices=Program.choices)
    host = models.CharField(max_length=64)
    pid = models.IntegerField()
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), help_text="It lived; a beat: it rang")
    claimed_at = models.DateTimeField(null=True, help_text="It last claimed a share of work")
    swept_at = models.DateTimeField(null=True, help_text="It last looked for what is due")

    class Meta:
        verbose_name, verbose_name_plural = "worker", "workers"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "host", "pid"], name="liveness_once"),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.pid} on {self.host}"


class Reconciliation(models.Model):
    """One look at whether what is kept agrees with itself."""

    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, help_text="Empty while it looks, or where it was cut off")
    movements = models.IntegerField(default=0)
    differences = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"reconciliation of {self.began_at:%d %b %Y %H:%M}"


class Difference(models.Model):
    """Something kept that does not agree with something else. People decide; nothing is repaired by itself.

    What it is about may be gone, so the database holds it to no other row.
    """

    class Kind(models.TextChoices):
        STATUS = "status", "Its status is not what its movements come to"
        NUMBERING = "numbering", "Its movements are not numbered 1 to the last"
        PATH = "path", "A movement is no legal step from the one before"
        CUSTODY = "custody", "Custody has a gap, or somebody else is named as its holder"
        CONSIGNMENT = "consignment", "It is not in the consignment that its movements put it in"
        CONSERVATION = "conservation", "What went in is not what came out, is there or was written off"
        LEFT = "left", "Due work was left behind"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    parcel = models.ForeignKey(Parcel, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    consignment = models.ForeignKey(
        Consignment, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False
    )
    round = models.ForeignKey(
        Round, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False
    )
    work = models.CharField(max_length=12, blank=True, help_text="The kind of work, where some was left")
    number = models.IntegerField(null=True, help_text="The first movement it shows at")
    expected = models.CharField(max_length=100, blank=True)
    found = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), help_text="When it was last found")
    gone_at = models.DateTimeField(null=True, help_text="When it was first found no more")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "parcel", "consignment", "round", "work"],
                condition=Q(gone_at=None),
                nulls_distinct=False,
                name="difference_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class DueSince(models.Model):
    """A row that a worker should bring on, and since when reconciliation finds it due."""

    kind = models.CharField(max_length=12)
    row = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "row"], name="due_since_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class LedgerSnapshot(models.Model):
    """An agreement's ledger as one organisation saw it at a moment, for a meeting. Only ever inserted.

    `text` is canonical JSON (RFC 8785) and is never made anew; the database checks that the hash is its own.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="snapshots")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    meets_on = models.DateField(null=True, blank=True, help_text="The day of the meeting it is for")
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["agreement", "organisation"], name="snapshot_of")]

    def __str__(self) -> str:
        return f"ledger of {self.agreement} on {self.made_at:%d %b %Y}"
