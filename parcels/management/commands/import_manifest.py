import gc
import sys
import traceback
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exchanges.models import Round
from parcels import bell, manifest
from parcels.actions import Refused
from parcels.manifest import Outcome, Unreadable
from parcels.progress import bar
from people import actors
from people.actors import Actor
from people.models import Role, Staff

STATUSES: Final = ("created", "unchanged", "valid", "rejected")
REFUSALS: Final = {"not-permitted": "This person is no registrar of the sending office."}
MOST_NAMED: Final = 20


class Command(BaseCommand):
    help = (
        "Imports a manifest of parcels (CSV or XLSX) into a round that is collecting. Everything is checked"
        " first; what became of each row stands in FILE.result.csv."
    )
    # For callers in Python only: the moment at which it is recorded.
    stealth_options = ("now",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--round", required=True, metavar="REF")
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument(
            "--partial", action="store_true", help="leave rows with a fault out and write the rest"
        )
        parser.add_argument(
            "--as",
            dest="username",
            help="a registrar of the sending office who answers for it (default: the office itself)",
        )

    def handle(
        self,
        *args: Any,
        file: Path,
        round: str,
        dry_run: bool,
        partial: bool,
        username: str | None,
        now: datetime | None = None,
        **options: Any,
    ) -> None:
        round_ = Round.objects.select_related("agreement", "sending").filter(reference=round).first()
        if round_ is None:
            raise CommandError("There is no round with this reference.", returncode=2)
        by = _registrar(round_, username)
        # What is loaded by now stays: else the collector would go through it with every few rows.
        gc.freeze()
        with _in_one_sentence():
            outcome = manifest.run(
                file,
                round_,
                by=by,
                now=now or timezone.now(),
                dry_run=dry_run,
                partial=partial,
                bar=lambda what, total: bar(what, total, out=options.get("stdout")),
            )
        if outcome.rows["created"]:
            bell.ring("screen")
        if options["verbosity"]:
            self._report(outcome)
        if outcome.exit_code == 2:
            rejected = outcome.rows["rejected"]
            raise CommandError(f"{rejected:,} rows have a fault: nothing was written.", returncode=2)
        if outcome.exit_code:
            sys.exit(outcome.exit_code)

    def _report(self, outcome: Outcome) -> None:
        if outcome.unknown_columns:
            shown = outcome.unknown_columns[:MOST_NAMED]
            more = len(outcome.unknown_columns) - len(shown)
            names = ", ".join(shown) + (f" and {more} more" if more else "")
            self.stdout.write(f"Columns that are not known and were not stored: {names}")
        if outcome.remark:
            self.stdout.write(outcome.remark)
        counts = ", ".join(
            f"{outcome.rows[status]:,} {status}" for status in STATUSES if outcome.rows[status]
        )
        self.stdout.write(f"{outcome.rows.total():,} rows: {counts}")
        self.stdout.write(f"What became of each: {outcome.result}")


def _registrar(round_: Round, username: str | None) -> Actor:
    """Return who answers for it: that person, or the sending office through this system."""
    if username is None:
        return replace(actors.worker(round_.sending_id), roles=frozenset({Role.REGISTRAR.value}))
    staff = Staff.objects.filter(username=username, is_active=True).first()
    if staff is None:
        raise CommandError("There is no account with this name.", returncode=2)
    try:
        return actors.of_staff(staff, round_.sending_id)
    except actors.NoGrant:
        raise CommandError("This person has no right in the sending office.", returncode=2) from None


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """:raises CommandError: instead of whatever happened: a message of somebody else's may quote a row"""
    try:
        yield
    except Unreadable as error:
        raise CommandError(str(error), returncode=2) from None
    except Refused as refused:
        sentence = REFUSALS.get(refused.problem, refused.detail)
        raise CommandError(f"{sentence} Nothing was written.", returncode=2) from None
    except KeyboardInterrupt:
        raise CommandError("Stopped: nothing was written.", returncode=2) from None
    except Exception as error:
        # The kind and the place say enough.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
        raise CommandError(f"Nothing was written: {where}.", returncode=2) from None
