import os
import sys
from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from config.launcher.processes import Failed
from config.launcher.screen import Screen
from config.launcher.up import Wishes, up


class Command(BaseCommand):
    help = (
        "Start PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name them), migrate, and run Lifeline."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        port = int(os.environ.get("PORT") or 8000)
        parser.add_argument("--port", type=int, default=port, help="default: PORT, or 8000")
        parser.add_argument("--data", type=Path, metavar="DIR", help="default: LIFELINE_DATA, or var/")
        parser.add_argument(
            "--demo", action=BooleanOptionalAction, help="load the demonstration round into an empty database"
        )

    def handle(self, *args: Any, port: int, data: Path | None, demo: bool | None, **options: Any) -> None:
        if data and data.resolve() != settings.DATA.resolve():
            # The settings, and with them the keys, are read from the data folder.
            os.environ["LIFELINE_DATA"] = str(data.resolve())
            os.execv(sys.executable, sys.orig_argv)  # noqa: S606
        try:
            up(Wishes(port, settings.DATA.resolve(), demo), Screen())
        except Failed as failure:
            raise CommandError(str(failure)) from None
