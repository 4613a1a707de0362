from django.db import migrations

from parcels import guard


class Migration(migrations.Migration):
    dependencies = [("parcels", "0002_initial"), ("people", "0002_guard"), ("exchanges", "0003_guard")]
    operations = [migrations.RunSQL(guard.ALL, migrations.RunSQL.noop)]
