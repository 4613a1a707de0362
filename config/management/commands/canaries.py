import secrets
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import database
from parcels.demonstration import strangers
from people import canaries
from people.models import Organisation

MOST: Final = 100


class Command(BaseCommand):
    help = (
        "Plant made-up people among an office's records whom nobody has reason to open: whoever reads one"
        " raises an alarm. Plant a few, on different days. Needs DATABASE_OWNER_URL: nobody else may know"
        " which they are, and nothing prints it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        plant = parser.add_subparsers(dest="verb", required=True).add_parser("plant")
        plant.add_argument("--organisation", required=True, metavar="CODE")
        plant.add_argument("-n", type=int, default=3, metavar="N", dest="many")
        plant.add_argument("--spelling", choices=("uk", "ru"), default="uk")

    def handle(self, *args: object, organisation: str, many: int, spelling: str, **options: Any) -> None:
        if not 1 <= many <= MOST:
            raise CommandError(f"From 1 to {MOST}.", returncode=2)
        database.use(settings.ADDRESSES.owner, system=True)
        office = Organisation.objects.filter(code=organisation).first()
        if office is None:
            raise CommandError("There is no organisation with this code.", returncode=2)
        tellings = [
            each._replace(service_number=f"LN-{secrets.randbelow(1_000_000):06}")
            for each in strangers.prisoners(secrets.randbits(32), many, spelling)
        ]
        planted = canaries.plant(tellings, office, now=timezone.now())
        self.stdout.write(f"{planted} planted.")
