from django.db import migrations, models

from people import guard


class Migration(migrations.Migration):
    dependencies = [("people", "0008_signin_guard")]
    operations = [
        migrations.AddField(
            model_name="listentry",
            name="kek_version",
            field=models.SmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="person",
            name="search_version",
            field=models.SmallIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("round", "Round"),
                            ("consignment", "Consignment"),
                            ("visit", "Visit"),
                            ("return", "Return"),
                            ("prisoners", "exchanges of prisoners of an office"),
                            ("claims", "claims of an office about nobody"),
                            ("staff", "a member of staff"),
                        ],
                        max_length=12,
                    ),
                ),
                ("subject", models.BigIntegerField()),
                ("wrapped", models.BinaryField()),
                ("kek_version", models.SmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "subject"), name="datakey_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["round", "consignment", "visit", "return", "prisoners", "claims", "staff"],
                            )
                        ),
                        name="datakey_kind_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(guard.SEALED_ANEW, migrations.RunSQL.noop),
    ]
