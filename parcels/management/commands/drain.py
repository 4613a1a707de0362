"""Do what is due of one kind, here and now."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from parcels import workers


class Command(BaseCommand):
    help = "Do what is due of one kind of work, here and now, without Redis."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=list(workers.DRAINS))

    def handle(self, *args: object, **options: str) -> None:
        done = workers.drain(options["kind"])
        self.stdout.write(f"{options['kind']}: {done}")
