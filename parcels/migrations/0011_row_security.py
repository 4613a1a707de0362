from django.db import migrations

from parcels import row_security


class Migration(migrations.Migration):
    dependencies = [("parcels", "0010_purge"), ("exchanges", "0016_row_security")]
    operations = [migrations.RunSQL(row_security.ALL, migrations.RunSQL.noop)]
