from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parcels", "0008_quarantined_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="consignment",
            name="sealed_route",
            field=models.BinaryField(help_text="Under the consignment's own key", null=True),
        ),
        migrations.AddField(
            model_name="parcel",
            name="lookup_key_version",
            field=models.SmallIntegerField(db_default=1, default=1),
        ),
        migrations.AlterField(
            model_name="parcel",
            name="content_hash",
            field=models.BinaryField(
                help_text="Hash of the declaration under the sender's key: a repeat is told from a change"
            ),
        ),
    ]
