from django.db import migrations

from exchanges import returns_guard


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0012_returns"), ("people", "0002_guard")]
    operations = [migrations.RunSQL(returns_guard.ALL, migrations.RunSQL.noop)]
