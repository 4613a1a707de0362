import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from parcels import demonstration


class Command(BaseCommand):
    help = (
        "Prints, as JSON, the ways into the demonstration: sign-in links for each role, new secrets for each"
        " partner's system, and a receipt code. The secrets given before stop working."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="default: %(default)s")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        try:
            found = demonstration.board(url)
        except demonstration.NoDemonstration:
            raise CommandError("There is no demonstration in this database.", returncode=2) from None
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
