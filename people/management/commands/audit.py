from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from people import alarms, heads, sealing, shipping, verifying
from people.audit import By
from people.audit_tree import AUDIT
from people.models import Alarm, AuditCheck

BAD_INPUT: Final = 2
_MOST_SHOWN: Final = 20


class Command(BaseCommand):
    help = (
        "Verify the audit, write it to a file, or print its signed heads. Verify exits 0 where all is as it"
        " was written, 1 where not, naming the first bad entry; 2: a file cannot be read or written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="compute all hashes anew")
        verify.add_argument("--shipped", type=Path, metavar="FILE", help="compare with what was shipped, too")
        export = verbs.add_parser("export", help="write the sealed entries and heads, as they are shipped")
        export.add_argument("--out", type=Path, required=True, metavar="FILE")
        verbs.add_parser("heads", help="print the signed heads and the public keys")

    def handle(self, *args: object, verb: str, **options: Any) -> None:
        if verb == "verify":
            self._verify(options["shipped"])
        elif verb == "export":
            self._export(options["out"])
        else:
            self._heads()

    def _verify(self, shipped: Path | None) -> None:
        found = verifying.verify(AUDIT, _read(shipped) if shipped else None)
        AuditCheck.objects.create(size=found.size, faults=len(found.faults), first=found.first)
        self.stdout.write(
            f"{found.size:,} sealed, {found.erased:,} erased, {found.unsealed:,} not sealed yet"
        )
        for fault in found.faults[:_MOST_SHOWN]:
            self.stdout.write(str(fault))
        if len(found.faults) > _MOST_SHOWN:
            self.stdout.write(f"and {len(found.faults) - _MOST_SHOWN:,} more")
        if found.faults:
            alarms.sound(Alarm.Kind.AUDIT, By.COMMAND)
            sys.exit(1)
        self.stdout.write("Sound.")

    def _export(self, out: Path) -> None:
        count = 0
        try:
            with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                for line in shipping.lines():
                    file.write(f"{line}\n")
                    count += 1
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise CommandError(f"The file cannot be written: {why}.", returncode=BAD_INPUT) from None
        self.stdout.write(f"{out}: {count:,} lines")

    def _heads(self) -> None:
        for name, public in heads.public_keys().items():
            self.stdout.write(f"key {name} {public.hex()}")
        for each in sealing.read_heads(AUDIT):
            told = heads.text(AUDIT.log, each.size, each.root, each.at)
            self.stdout.write(f"{told} {each.key} {each.signature.hex()}")
        self.stdout.write(f"{sealing.unsealed(AUDIT):,} entries not sealed yet")


def _read(path: Path) -> dict[int, bytes]:
    """Return the leaves that were shipped of the newest tree in the file, by place.

    :raises CommandError: if it cannot be read, or holds a line that was not shipped
    """
    try:
        told = list(_parsed(path))
        log = told[-1]["log"] if told else ""
        return {
            each["index"]: bytes.fromhex(each["leaf"])
            for each in told
            if each["log"] == log and "index" in each
        }
    except OSError as error:
        raise CommandError(f"{path}: {os.strerror(error.errno or 0)}", returncode=BAD_INPUT) from None
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{path}: not a file of shipped entries.", returncode=BAD_INPUT) from None


def _parsed(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            told = json.loads(line)
            _ = told["log"]
            yield told
