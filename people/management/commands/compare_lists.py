import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from people import approvals, lists
from people.models import ListComparison

BAD_INPUT = 2


class Command(BaseCommand):
    help = (
        "Say how many people two lists have in common, by the newest comparison of them. With --out, write it"
        " with its names as CSV: two officers approve each such file. Delete it when it has served."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ours", metavar="OURS", help="reference of a list")
        parser.add_argument("theirs", metavar="THEIRS", help="reference of the list beside it")
        parser.add_argument("--out", type=Path, metavar="FILE.csv")
        parser.add_argument("--approval", type=int, metavar="REF", help="what two officers approved")

    def handle(
        self, *args: Any, ours: str, theirs: str, out: Path | None, approval: int | None, **options: Any
    ) -> None:
        compared = ListComparison.objects.filter(ours__reference=ours, theirs__reference=theirs)
        comparison = compared.order_by("-pk").first()
        if comparison is None:
            raise CommandError("These two lists were not compared in this order.", returncode=BAD_INPUT)
        for kind, count in comparison.rows.values_list("kind").annotate(Count("pk")).order_by("kind"):
            self.stdout.write(f"{kind}: {count}")
        if out is not None:
            self.stdout.write(f"{out}: {_written(comparison, out, approval):,} rows")


def _written(comparison: ListComparison, out: Path, approval: int | None) -> int:
    try:
        # Only we can read it, and nothing is there before all is.
        with (
            transaction.atomic(),
            open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file,
        ):
            return lists.export(comparison, file, approval=approval, staff_id=None, now=timezone.now())
    except approvals.NotApproved as why:
        out.unlink(missing_ok=True)
        raise CommandError(str(why), returncode=BAD_INPUT) from None
    except OSError as error:
        raise CommandError(
            f"The file cannot be written: {os.strerror(error.errno or 0)}.", returncode=BAD_INPUT
        ) from None
