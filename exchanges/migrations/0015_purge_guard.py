from django.db import migrations

from exchanges import erasure_guard


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0014_data_keys"), ("people", "0012_rights_guard")]
    operations = [migrations.RunSQL(erasure_guard.CLAIM_STANDS, migrations.RunSQL.noop)]
