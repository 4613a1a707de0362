from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from config import privileges


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The signal is sent for apps with models, in the order of INSTALLED_APPS: parcels is the last.
        post_migrate.connect(privileges.after_migrate, sender=apps.get_app_config("parcels"))


class LifelineAdminConfig(AdminConfig):
    default_site = "config.site.LifelineAdminSite"
