from django.db import migrations

from people import row_security


class Migration(migrations.Migration):
    dependencies = [("people", "0012_rights_guard")]
    operations = [migrations.RunSQL(row_security.ALL, migrations.RunSQL.noop)]
