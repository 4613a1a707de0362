import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import people.models.references
from django.conf import settings
from django.db import migrations, models

from people import relay_guard


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0015_custody_alarm"),
    ]

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=people.models.references.new_reference,
                        editable=False,
                        max_length=16,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("webhook", "webhook"), ("mail", "mailbox")], default="webhook", max_length=8
                    ),
                ),
                ("address", models.CharField(help_text="https, port 443, a public address", max_length=500)),
                (
                    "contact",
                    models.EmailField(
                        blank=True,
                        help_text="Who is told when nothing can be delivered any more",
                        max_length=254,
                    ),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "disabled_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("gone", "it answered 410: gone"),
                            ("exhausted", "the last attempt failed"),
                            ("staff", "a member of staff paused it"),
                            ("partner", "the partner paused it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("next_try_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "slow",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Its last answer took long"
                    ),
                ),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, help_text="When it last took something", null=True),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        help_text="It is told what this system may read",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endpoints",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                        verbose_name="system",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=people.models.references.new_reference,
                        editable=False,
                        max_length=16,
                        unique=True,
                    ),
                ),
                ("event", models.CharField(max_length=40)),
                (
                    "key",
                    models.CharField(help_text="What it is about: told once to each endpoint", max_length=60),
                ),
                ("body", models.TextField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("delivered", "delivered"),
                            ("quarantined", "in quarantine"),
                            ("withheld", "withheld: it may not be read there any more"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("attempts", models.SmallIntegerField(default=0, help_text="Counted before each is made")),
                ("tried_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="What came of the last attempt", max_length=40),
                ),
                ("took_ms", models.IntegerField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="people.endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="EndpointKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                (
                    "wrapped",
                    models.BinaryField(help_text="64 bytes: the secret of v1, then the private key of v1a"),
                ),
                ("kek_version", models.IntegerField()),
                ("public", models.BinaryField(help_text="The public key of v1a: Ed25519, 32 bytes")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("until_at", models.DateTimeField(blank=True, help_text="Empty: the one in use", null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="people.endpoint"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("client__isnull", False), ("kind", "webhook")),
                    models.Q(("client", None), ("kind", "mail")),
                    _connector="OR",
                ),
                name="endpoint_of_a_system",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at", None), ("disabled_because", "")),
                    models.Q(
                        ("disabled_at__isnull", False), models.Q(("disabled_because", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="endpoint_disabled_because",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease", None), ("lease_until", None)),
                    models.Q(("lease__isnull", False), ("lease_until__isnull", False)),
                    _connector="OR",
                ),
                name="endpoint_lease_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "mail")), fields=("address",), name="endpoint_mailbox_once"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["endpoint", "id"], name="delivery_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "quarantined")), fields=["id"], name="delivery_quarantined"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "-id"], name="delivery_log"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "key"), name="delivery_told_once"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempts__gte", 0), ("attempts__lte", 10)),
                name="delivery_attempts_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_ended_or_waits",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpointkey",
            constraint=models.UniqueConstraint(fields=("endpoint", "number"), name="endpointkey_numbered"),
        ),
        migrations.AddConstraint(
            model_name="endpointkey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until_at", None)), fields=("endpoint",), name="endpointkey_one_in_use"
            ),
        ),
        migrations.RunSQL(relay_guard.STANDS, migrations.RunSQL.noop),
    ]
