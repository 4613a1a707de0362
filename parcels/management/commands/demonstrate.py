from typing import Any

from django.core.management.base import BaseCommand, CommandError

from parcels import demonstration


class Command(BaseCommand):
    help = "Loads the demonstration round into an empty database. One that was interrupted is finished."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = demonstration.load(out=options.get("stdout"))
        except demonstration.NotEmpty:
            raise CommandError("The demonstration needs an empty database.", returncode=2) from None
        self.stdout.write("The demonstration is loaded." if loaded else "The demonstration is here already.")
