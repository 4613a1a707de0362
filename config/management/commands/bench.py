import importlib.util
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from config.bench import MODULES

PACKAGES: Final = {"django_fsm": "django-fsm-2", "import_export": "django-import-export"}
PARCELS: Final = {"advance": 10_000, "import": 10_000, "lookup": 100_000, "match": 500_000, "walls": 5_000}
MOST_PARCELS: Final = 500_000


class Command(BaseCommand):
    help = "Measure the product against the usual ways of doing the same, in databases of its own."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bench", choices=MODULES)
        parser.add_argument("--parcels", type=int, metavar="N", help=f"match: people; default: {_defaults()}")
        parser.add_argument("--repeats", type=int, default=3, help="interleaved runs of each variant (3)")
        parser.add_argument(
            "--memory", action="store_true", help="import: also how memory grows up to 100,000 rows"
        )

    def handle(
        self, *args: Any, bench: str, parcels: int | None, repeats: int, memory: bool, **options: Any
    ) -> None:
        n = PARCELS[bench] if parcels is None else parcels
        if not 1 <= n <= MOST_PARCELS or repeats < 1:
            raise CommandError(f"From 1 to {MOST_PARCELS:,} parcels, and at least one repeat.", returncode=2)
        if missing := missing_packages(PACKAGES):
            raise CommandError(f"The bench needs {' and '.join(missing)}: make bench", returncode=2)
        command = [sys.executable, "-m", "config.bench", bench, str(n), str(repeats)]
        # It starts its own servers before it reads the settings, so it is a process of its own.
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [*command, *(["--memory"] if memory else [])])  # noqa: S606


def missing_packages(packages: Mapping[str, str]) -> list[str]:
    """Return the names, as one installs them, of those whose module is not there."""
    return [name for module, name in packages.items() if importlib.util.find_spec(module) is None]


def _defaults() -> str:
    return ", ".join(f"{bench} {count:,}" for bench, count in PARCELS.items())
