from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from config import middleware, privileges
from people import vault


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The signal is sent for apps with models, in the order of INSTALLED_APPS: parcels is the last.
        post_migrate.connect(privileges.after_migrate, sender=apps.get_app_config("parcels"))
        settings.KEYS.when_changed(middleware.use_secrets)
        settings.KEYS.when_wiped(vault.forget)


class LifelineAdminConfig(AdminConfig):
    default_site = "config.site.LifelineAdminSite"
