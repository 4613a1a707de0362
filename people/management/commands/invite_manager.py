from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from people.models import Grant, Organisation, Role, Staff
from people.signin import invitations


class Command(BaseCommand):
    help = (
        "Invites the manager of an office in which no manager can come in, and prints the one-use link, once."
        " Further members are invited in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organisation", required=True, help="the code of the office")
        parser.add_argument("--username", required=True, help="the name of the account, new or a manager's")
        parser.add_argument("--display-name", default="")

    def handle(self, *args: Any, organisation: str, username: str, display_name: str, **options: Any) -> None:
        with transaction.atomic():
            # Of two commands at once the second finds the first one's manager.
            office = Organisation.objects.select_for_update().filter(code=organisation).first()
            if office is None:
                raise CommandError(f"No organisation has the code {organisation}.", returncode=2)
            if invitations.managers_who_can_come_in(office.pk):
                raise CommandError(
                    f"A manager of {office.code} can come in: managers invite others in the admin.",
                    returncode=1,
                )
            token = invitations.issue(_manager(office, username, display_name), by=None, now=timezone.now())
        self.stdout.write(settings.PUBLIC_URL.rstrip("/") + reverse("invitation", args=[token]))


def _manager(office: Organisation, username: str, display_name: str) -> Staff:
    """Return the account with this name as a manager of the office, made where there is none.

    :raises CommandError: if the name is somebody's who does other work
    """
    staff, is_new = Staff.objects.get_or_create(username=username, defaults={"display_name": display_name})
    if is_new:
        staff.set_unusable_password()
        staff.save(update_fields=["password"])
    roles = set(staff.grants.current().values_list("role", "organisation"))
    if roles - {(Role.MANAGER.value, office.pk)}:
        raise CommandError(f"{username} works here in another role: choose another name.", returncode=2)
    if not roles:
        Grant.objects.create(staff=staff, role=Role.MANAGER, organisation=office)
    return staff
