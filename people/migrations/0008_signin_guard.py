from django.db import migrations

from people.guard import APART


class Migration(migrations.Migration):
    dependencies = [("people", "0008_signin")]
    operations = [migrations.RunSQL(APART, migrations.RunSQL.noop)]
