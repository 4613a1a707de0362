"""Whom an incident may have touched: the records that were opened, from the audit log."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people import audit
from people.acts import Act
from people.affected import affected
from people.models import Staff


class Command(BaseCommand):
    help = (
        "Lists the records of people that were opened, listed or exported between two moments, by the audit"
        " log: a reference, how often, and when last. It prints no names; that it was asked is recorded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", required=True, type=_moment, metavar="TIME")
        parser.add_argument("--to", dest="until", required=True, type=_moment, metavar="TIME")
        parser.add_argument("--staff", metavar="NAME", help="by this member alone")

    def handle(
        self, *args: object, since: datetime, until: datetime, staff: str | None, **options: Any
    ) -> None:
        if until <= since:
            raise CommandError("The end comes after the beginning.", returncode=2)
        member = Staff.objects.filter(username=staff).first() if staff else None
        if staff and member is None:
            raise CommandError("There is no such member of staff.", returncode=2)
        staff_id = member.pk if member else None
        found = affected(since, until, staff_id=staff_id)
        audit.record(audit.By.COMMAND, Act.LIST_AFFECTED, "staff", staff_id)
        self.stdout.write("reference,kind,office,opened,last")
        for row in found:
            self.stdout.write(",".join(map(str, row)))
        self.stderr.write(f"{len(found)} people.")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
