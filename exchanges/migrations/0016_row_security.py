from django.db import migrations

from exchanges import row_security


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0015_purge_guard"), ("people", "0013_row_security")]
    operations = [migrations.RunSQL(row_security.ALL, migrations.RunSQL.noop)]
