from django.db import migrations

from exchanges import guard, lifecycle
from people.guard import append_only


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0006_rounds_and_successors"), ("people", "0002_guard")]
    operations = [
        migrations.RunSQL(
            append_only("exchanges_roundchange")
            + guard.ROUND_OF_ITS_TERMS
            # The table of a round has grown by a step since it was first written here.
            + "DROP TRIGGER steps_only ON exchanges_round;"
            + guard.steps_only("exchanges_round", lifecycle.ROUND),
            migrations.RunSQL.noop,
        )
    ]
