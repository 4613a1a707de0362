from django.db import migrations

from people import guard


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(guard.ALL, migrations.RunSQL.noop)]
