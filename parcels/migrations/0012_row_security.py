from django.db import migrations

from parcels import row_security


class Migration(migrations.Migration):
    dependencies = [("parcels", "0008_quarantined_people"), ("exchanges", "0014_row_security")]
    operations = [migrations.RunSQL(row_security.ALL, migrations.RunSQL.noop)]
