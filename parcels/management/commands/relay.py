"""Take up what happened, and send it to partners: webhooks and mails. Any number may run."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from parcels.models import Liveness
from parcels.workers import liveness, relay
from people.relay import working


class Command(BaseCommand):
    help = "Take up what happened, and send it to partners: webhooks and mails. Any number may run."
    # The database may still be starting: the loop waits for it, the checks would not.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1, metavar="SECONDS")
        parser.add_argument("--senders", type=int, default=working.SENDERS)

    def handle(self, *args: object, **options: Any) -> None:
        stopping = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stopping.set())
        liveness.enter(Liveness.Program.RELAY)
        relay.run(stopping, options["every"], options["senders"])
        liveness.leave()
