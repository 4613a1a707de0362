import django.db.models.functions.datetime
from django.db import migrations, models

from parcels import custody_guard, erasure_guard


class Migration(migrations.Migration):
    dependencies = [
        ("parcels", "0011_row_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="CustodyCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("size", models.BigIntegerField()),
                ("faults", models.IntegerField()),
                ("first", models.BigIntegerField(help_text="The first bad movement's place", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CustodyHead",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("frontier", models.BinaryField()),
                ("at", models.DateTimeField()),
                (
                    "key",
                    models.CharField(
                        help_text="Which public key: the first 8 bytes of its SHA-256", max_length=16
                    ),
                ),
                ("signature", models.BinaryField()),
                (
                    "mark",
                    models.BinaryField(help_text="Of what is not signed, under a key outside the database"),
                ),
            ],
            options={
                "verbose_name": "head of the custody log",
                "verbose_name_plural": "heads of the custody log",
            },
        ),
        migrations.CreateModel(
            name="CustodyLeaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("movement", models.BigIntegerField(unique=True)),
                ("hash", models.BinaryField()),
                ("mark", models.BinaryField(help_text="Of place and hash, under a key outside the database")),
            ],
            options={
                "verbose_name_plural": "custody leaves",
            },
        ),
        migrations.CreateModel(
            name="CustodyNode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "place", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("place", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="CustodySalt",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("salt", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(custody_guard.ALL, migrations.RunSQL.noop),
        migrations.RunSQL(erasure_guard.FUNCTIONS, migrations.RunSQL.noop),
    ]
