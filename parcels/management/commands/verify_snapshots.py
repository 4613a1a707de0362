"""Compute the hashes of the frozen ledgers anew: of all that are kept, or of files."""

from __future__ import annotations

import hashlib
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from parcels.ledger import snapshots
from parcels.models import LedgerSnapshot


class Command(BaseCommand):
    help = (
        "Compute the hashes of the frozen ledgers anew, of all that are kept or of FILEs."
        " Exit 0: sound, and every file known; 1: a difference; 2: a file cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: object, **options: Any) -> None:
        sound = [self._file(each) for each in options["files"]] or [
            self._kept(each) for each in LedgerSnapshot.objects.order_by("pk").iterator()
        ]
        if not all(sound):
            sys.exit(1)

    def _kept(self, snapshot: LedgerSnapshot) -> bool:
        sound = snapshots.is_sound(snapshot)
        self.stdout.write(f"{snapshot.sha256}  snapshot {snapshot.pk}: {'sound' if sound else 'CHANGED'}")
        return sound

    def _file(self, file: Path) -> bool:
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            self.stderr.write(f"{file}: {error.strerror}")
            sys.exit(2)
        known = LedgerSnapshot.objects.filter(sha256=digest).first()
        self.stdout.write(f"{digest}  {file}: {f'snapshot {known.pk}' if known else 'not known here'}")
        return known is not None
