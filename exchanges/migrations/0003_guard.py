from django.db import migrations

from exchanges import guard


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0002_initial")]
    operations = [migrations.RunSQL(guard.ALL, migrations.RunSQL.noop)]
