from django.db import migrations

from people import guard


class Migration(migrations.Migration):
    dependencies = [("people", "0004_statements")]
    operations = [migrations.RunSQL(guard.STATEMENTS, migrations.RunSQL.noop)]
