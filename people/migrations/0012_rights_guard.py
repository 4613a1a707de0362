from django.db import migrations

from people import erasure_guard as guard
from people.guard import append_only


class Migration(migrations.Migration):
    dependencies = [("people", "0011_rights")]
    operations = [
        migrations.RunSQL(
            guard.PURGING
            + guard.LETS_THROUGH
            + guard.REQUESTS
            + guard.PERIODS
            + "".join(append_only(f"people_{table}") for table in guard.APPEND_ONLY)
            + guard.FIRST_PERIODS,
            migrations.RunSQL.noop,
        )
    ]
