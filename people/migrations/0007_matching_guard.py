from django.db import migrations

from people.guard import append_only

TABLES = ("matchstatement", "prisonerlist", "listcomparison", "comparedrow")


class Migration(migrations.Migration):
    dependencies = [("people", "0006_matching")]
    operations = [
        migrations.RunSQL("".join(append_only(f"people_{table}") for table in TABLES), migrations.RunSQL.noop)
    ]
