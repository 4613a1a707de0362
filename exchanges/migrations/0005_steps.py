from django.db import migrations

from exchanges import guard, lifecycle


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0004_demonstration")]
    operations = [
        migrations.RunSQL(
            guard.STEPS_ONLY_FUNCTION
            + guard.steps_only("exchanges_agreement", lifecycle.AGREEMENT)
            + guard.steps_only("exchanges_round", lifecycle.ROUND),
            migrations.RunSQL.noop,
        )
    ]
