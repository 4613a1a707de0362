from django.db import migrations

from exchanges import resealing


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0013_returns_guard"), ("people", "0009_keys")]
    operations = [migrations.RunPython(resealing.seal_under_data_keys, migrations.RunPython.noop)]
