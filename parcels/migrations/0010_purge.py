from django.db import migrations

from parcels import erasure_guard


class Migration(migrations.Migration):
    dependencies = [
        ("parcels", "0009_keys"),
        ("exchanges", "0015_purge_guard"),
        ("people", "0012_rights_guard"),
    ]
    operations = [migrations.RunSQL(erasure_guard.FUNCTIONS, migrations.RunSQL.noop)]
