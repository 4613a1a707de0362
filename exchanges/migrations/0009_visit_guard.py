from django.db import migrations

from exchanges import guard, lifecycle, visit_guard
from people.guard import append_only


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0008_visits")]
    operations = [
        migrations.RunSQL(
            visit_guard.BOOKED
            + guard.steps_only("exchanges_visit", lifecycle.VISIT)
            + append_only("exchanges_visitstep")
            + append_only("exchanges_visitreport")
            + append_only("exchanges_reportedperson")
            + append_only("exchanges_reportedparcel"),
            migrations.RunSQL.noop,
        )
    ]
