"""The processes of the product and what each is told."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from config.database import Addresses
from config.launcher.processes import Program

_WEB: Final = "lifeline_web"
# Files that hold an address of their own, which would be believed before ours.
_LEAD_TO_OTHERS: Final = ("DATABASE_URL_FILE", "DATABASE_OWNER_URL_FILE", "REDIS_URL_FILE")


@dataclass(frozen=True)
class Environment:
    addresses: Addresses
    data: Path
    port: int
    has_roles: bool
    sign_in_links: bool = False
    """Whether the demonstration's links are answered: only by a server that this machine alone can reach."""

    def of(self, role: str, *, system: bool = True) -> dict[str, str]:
        """Return what a process is told that works in this role, for nobody in particular if `system`.

        The owner's address is for migrations, which we make ourselves, and for nobody who runs on.
        """
        return {
            **{name: told for name, told in os.environ.items() if name not in _LEAD_TO_OTHERS},
            "DATABASE_URL": self.addresses.database,
            "DATABASE_OWNER_URL": self.addresses.database,
            "DATABASE_ROLE": role if self.has_roles else "",
            "LIFELINE_SYSTEM": "1" if system else "",
            "REDIS_URL": self.addresses.redis,
            "LIFELINE_DATA": str(self.data),
            "PORT": str(self.port),
            "SIGN_IN_LINKS": str(self.sign_in_links),
            "PYTHONUNBUFFERED": "1",
        }

    def program(self, name: str, module: str, *arguments: str, role: str, fd: int | None = None) -> Program:
        return Program(
            name,
            [sys.executable, *module.split(), *arguments],
            self.data / "logs" / f"{name}.log",
            self.of(role, system=role != _WEB),
            keep_open=() if fd is None else (fd,),
        )


def lasting(environment: Environment, listener: int) -> list[Program]:
    """Return the processes that run until the end, the web server first.

    :param listener: the file descriptor of the socket that the web server takes over
    """
    web = ["-c", "config/gunicorn.py", "--bind", f"fd://{listener}", "config.wsgi"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = ["-A", "config", "worker", "--concurrency", "2", "--loglevel", "WARNING", *alone]
    schedule = str(environment.data / "beat-schedule")
    beat = ["-A", "config", "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile="]
    return [
        environment.program("web", "-m gunicorn", *web, role=_WEB, fd=listener),
        environment.program("worker", "-m celery", *worker, role="lifeline_worker"),
        environment.program("beat", "-m celery", *beat, role="lifeline_worker"),
        environment.program("sweep", "manage.py sweep", role="lifeline_worker"),
        environment.program("relay", "manage.py relay", role="lifeline_worker"),
        # It needs no database, and nothing but the keys' own code.
        environment.program("keys", "-m config.keys.agent", str(settings.KEYS_FOLDER), role=""),
    ]


def demonstrate(environment: Environment) -> Program:
    """It shows its own progress on our screen."""
    command = [sys.executable, "manage.py", "demonstrate"]
    return Program("demonstration", command, None, environment.of(_WEB))
