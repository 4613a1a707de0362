"""Look whether what is kept of parcels agrees with itself."""

import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from parcels import reconciling
from parcels.models import Consignment, Parcel
from parcels.workers import reconcile
from people.roles import WORKER, working_as

_PATIENCE_S: Final = 600


class Command(BaseCommand):
    help = (
        "Rebuilds each parcel from its movements and compares: numbering, path, status, custody, consignment,"
        " what went in against what came out, and due work left behind. A parcel with a difference is frozen;"
        " nothing is repaired. Exit 0 well, 1 a difference was found, 2 bad input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="look, keep nothing and freeze nothing")

    def handle(self, *args: object, dry_run: bool, **options: Any) -> None:
        began = time.monotonic()
        with working_as(WORKER):
            outcome = reconciling.look() if dry_run else _when_free()
        for each in outcome.found:
            self.stdout.write(_line(each))
        took_s = time.monotonic() - began
        self.stdout.write(
            f"{outcome.movements} movements, {len(outcome.found)} differences, {took_s:.1f} s"
            + (". Nothing was kept." if dry_run else ".")
        )
        if outcome.found:
            raise SystemExit(1)


def _when_free() -> reconciling.Outcome:
    """:raises CommandError: where another goes on for too long"""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if outcome := reconcile.now():
            return outcome
        time.sleep(1)
    raise CommandError("Another reconciliation is at it and does not end.", returncode=2)


def _line(found: reconciling.Found) -> str:
    at = f" at movement {found.number}" if found.number else ""
    return f"{_of_what(found)}{at}: {found.kind}: expected {found.expected}, found {found.found}"


def _of_what(found: reconciling.Found) -> str:
    if found.work:
        return f"work {found.work}"
    if found.parcel is not None:
        parcel = Parcel.objects.filter(pk=found.parcel).first()
        return f"parcel {parcel or f'({found.parcel}, gone)'}"
    if found.consignment is not None:
        consignment = Consignment.objects.filter(pk=found.consignment).first()
        return f"consignment {consignment or f'({found.consignment}, gone)'}"
    return f"round {found.round}"
