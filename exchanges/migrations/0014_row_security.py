from django.db import migrations

from exchanges import row_security


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0013_returns_guard"), ("people", "0012_row_security")]
    operations = [migrations.RunSQL(row_security.ALL, migrations.RunSQL.noop)]
