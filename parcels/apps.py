from django.apps import AppConfig


class ParcelsConfig(AppConfig):
    name = "parcels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # What two officers may confirm must be known wherever they do.
        from parcels import erasing, slips, subject_file  # noqa: F401, PLC0415
