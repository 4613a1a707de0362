"""What is done about erasures after a backup was restored."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from parcels import erasures_log


class Command(BaseCommand):
    help = (
        "After a backup was restored: erases again everybody whom the erasures.log of the data folder names,"
        " before anybody works with it. Run it as the owner: LIFELINE_AS_OWNER=1 manage.py erasures reapply."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["reapply"])

    def handle(self, *args: object, **options: Any) -> None:
        try:
            found = erasures_log.reapply()
        except (KeyError, ValueError):
            raise CommandError("erasures.log is damaged; nothing was erased.", returncode=2) from None
        except DatabaseError as error:
            # The class alone: a message may quote a row.
            raise CommandError(
                f"Nothing was erased ({type(error).__name__}). Run it as the owner: LIFELINE_AS_OWNER=1.",
                returncode=2,
            ) from None
        self.stdout.write(
            f"{found.known} of the file are in this database, {found.erased} erased again,"
            f" {found.entries} entries of lists emptied. Now run manage.py purge."
        )
