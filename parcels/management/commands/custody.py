from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from parcels.custody_log import CUSTODY, exporting
from parcels.models import CustodyCheck
from people import alarms, verifying
from people.audit import By
from people.models import Alarm, Organisation

BAD_INPUT: Final = 2
_MOST_SHOWN: Final = 20


class Command(BaseCommand):
    help = (
        "Verify the whole custody log, or write what one organisation may read of it to a file that it can"
        " check by itself. Verify exits 0 where all is as it was written, 1 where not, naming the first bad"
        " movement; 2: bad input, or a file cannot be read or written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="compute all hashes anew")
        verify.add_argument(
            "--known", type=Path, metavar="FILE", help="an earlier export: the log must have grown from it"
        )
        export = verbs.add_parser("export", help="write one organisation's part")
        export.add_argument("--for", dest="organisation", required=True, metavar="ORG", help="its code")
        export.add_argument("--since", required=True, metavar="DATE", help="the first day, UTC: 2026-11-20")
        export.add_argument("--out", type=Path, required=True, metavar="FILE")

    def handle(self, *args: object, verb: str, **options: Any) -> None:
        if verb == "verify":
            self._verify(options["known"])
        else:
            self._export(options["organisation"], options["since"], options["out"])

    def _verify(self, known: Path | None) -> None:
        found = verifying.verify(CUSTODY, known=_heads(known) if known else None)
        CustodyCheck.objects.create(size=found.size, faults=len(found.faults), first=found.first)
        self.stdout.write(
            f"{found.size:,} sealed, {found.erased:,} erased, {found.unsealed:,} not sealed yet"
        )
        for fault in found.faults[:_MOST_SHOWN]:
            self.stdout.write(str(fault))
        if len(found.faults) > _MOST_SHOWN:
            self.stdout.write(f"and {len(found.faults) - _MOST_SHOWN:,} more")
        if found.faults:
            alarms.sound(Alarm.Kind.CUSTODY, By.COMMAND)
            sys.exit(1)
        self.stdout.write("Sound.")

    def _export(self, code: str, day: str, out: Path) -> None:
        organisation = Organisation.objects.filter(code=code).first()
        if organisation is None:
            raise CommandError("There is no organisation with this code.", returncode=BAD_INPUT)
        lines = exporting.export(organisation, _midnight(day), now=timezone.now())
        count, is_ours = 0, False
        try:
            with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                is_ours = True
                for line in lines:
                    file.write(f"{line}\n")
                    count += 1
        except OSError as error:
            why = os.strerror(error.errno or 0)
            if is_ours:
                out.unlink()
            raise CommandError(f"The file cannot be written: {why}.", returncode=BAD_INPUT) from None
        except exporting.NothingSealed:
            out.unlink()
            raise CommandError("Nothing is sealed yet.", returncode=BAD_INPUT) from None
        self.stdout.write(f"{out}: {count:,} lines")


def _midnight(day: str) -> datetime:
    try:
        found = parse_date(day)
    except ValueError:
        found = None
    if found is None:
        raise CommandError("DATE is written as 2026-11-20.", returncode=BAD_INPUT)
    return datetime.combine(found, time(), UTC)


def _heads(path: Path) -> dict[int, bytes]:
    """Return size → root of the heads in an export."""
    try:
        with path.open() as file:
            heads = [told["head"] for line in file if "head" in (told := json.loads(line))]
        return {int(head["size"]): bytes.fromhex(head["root"]) for head in heads or [{}]}
    except OSError as error:
        raise CommandError(f"{path}: {os.strerror(error.errno or 0)}", returncode=BAD_INPUT) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandError(f"{path}: not an export of the log.", returncode=BAD_INPUT) from None
