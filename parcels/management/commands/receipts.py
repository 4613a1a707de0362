import os
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exchanges.models import Round
from parcels import slips
from parcels.progress import bar
from people import actors, approvals
from people.models import Role


class Command(BaseCommand):
    help = (
        "Prints the slips with which families look up their parcels, one a parcel that is not handed over."
        " Whoever has a slip sees what the family sees: give each to its family, and delete the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        print_ = parser.add_subparsers(dest="verb", required=True).add_parser("print")
        print_.add_argument("--round", required=True, metavar="REF")
        print_.add_argument("--organisation", required=True, metavar="ORG", help="code of the sending office")
        print_.add_argument("--out", required=True, type=Path, metavar="FILE.pdf")
        print_.add_argument(
            "--approval",
            type=int,
            metavar="REF",
            help="what two officers approved; made-up families need none",
        )

    def handle(
        self, *args: Any, round: str, organisation: str, out: Path, approval: int | None, **options: Any
    ) -> None:
        round_ = Round.objects.select_related("sending").filter(reference=round).first()
        if round_ is None:
            raise CommandError("There is no round with this reference.", returncode=2)
        if round_.sending.code != organisation:
            raise CommandError("This is not the code of the round's sending office.", returncode=2)
        registrar = replace(actors.worker(round_.sending_id), roles=frozenset({Role.REGISTRAR.value}))
        try:
            with bar("Printing", 0, out=options.get("stdout")) as show:
                count = slips.print_slips(
                    round_,
                    out,
                    by=registrar,
                    approval=approval,
                    now=timezone.now(),
                    on_page=show,
                )
        except approvals.NotApproved as refused:
            raise CommandError(str(refused), returncode=2) from None
        except slips.NothingToPrint:
            raise CommandError("There is no parcel whose slip may be given.", returncode=2) from None
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise CommandError(f"The file cannot be written: {why}.", returncode=2) from None
        self.stdout.write(f"{out}: {count:,} slips")
