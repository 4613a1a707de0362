from django.db import migrations

from exchanges import confidential, guard, lifecycle
from people.guard import append_only


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0010_prisoners")]
    operations = [
        migrations.RunSQL(
            confidential.ROWS
            + confidential.NAMING
            + guard.steps_only("exchanges_exchange", lifecycle.EXCHANGE)
            + guard.steps_only("exchanges_stage", lifecycle.STAGE)
            + guard.steps_only("exchanges_listedperson", lifecycle.ON_A_LIST)
            + append_only("exchanges_prisonerlist")
            + append_only("exchanges_listedstep")
            + append_only("exchanges_exchangecount")
            + append_only("exchanges_exchangetrace"),
            migrations.RunSQL.noop,
        )
    ]
