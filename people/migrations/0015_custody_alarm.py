from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0014_waiting_rights"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("many_opened", "Many different people opened"),
                    ("many_scanned", "More parcels scanned than pass a counter"),
                    ("many_exported", "Many people left in one file"),
                    ("canary", "A record that nobody has reason to open was read"),
                    ("audit", "The audit does not verify"),
                    ("custody", "The custody log does not verify"),
                    ("rights_given", "A right to read people was given"),
                ],
                max_length=20,
            ),
        ),
    ]
