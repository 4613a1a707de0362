"""Take away what is due to go by the rules of retention, or only say what would be."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from parcels.workers import purge
from people.models import PurgeRun
from people.retention import RULES
from people.roles import WORKER, working_as


class Command(BaseCommand):
    help = (
        "Takes away what is due to go by the rules of retention; a worker does it every night. With --dry-run"
        " nothing is changed but that the report is kept. It prints counts and names nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what is due")

    def handle(self, *args: object, dry_run: bool, **options: Any) -> None:
        with working_as(WORKER):
            run = purge.dry_run() if dry_run else purge.purge_now()
        self._report(run)

    def _report(self, run: PurgeRun) -> None:
        total = 0
        for each in run.counts.order_by("pk"):
            rule = RULES[each.rule]
            many = each.due if run.dry_run else each.purged
            total += many
            oldest = f", the oldest of {each.oldest_left:%Y-%m-%d}" if each.oldest_left else ""
            self.stdout.write(
                f"{each.rule}: {many} {'due' if run.dry_run else rule.done} ({each.days} days{oldest})"
            )
        self.stdout.write(f"{total} {'would go' if run.dry_run else 'gone'}. Report {run.pk}.")
