from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from config import privileges


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        post_migrate.connect(privileges.after_migrate, sender=self)


class LifelineAdminConfig(AdminConfig):
    default_site = "config.site.LifelineAdminSite"
