import django.db.models.deletion
from django.db import migrations, models

from parcels import outbox_guard


class Migration(migrations.Migration):
    dependencies = [
        ("parcels", "0012_custody_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("name", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("row", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("look_at", models.DateTimeField()),
                (
                    "parcel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parcels.parcel",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "outbox",
                "constraints": [models.UniqueConstraint(fields=("look_at", "parcel"), name="outbox_once")],
            },
        ),
        migrations.RunSQL(outbox_guard.ALL, migrations.RunSQL.noop),
    ]
