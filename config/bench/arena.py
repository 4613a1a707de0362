"""Where the variants run: real servers, one migrated template, and a fresh copy of it for each run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db import connection

from config import database
from config.launcher.processes import Crew
from config.launcher.servers import running
from config.scratch import Database

WORKER = "lifeline_worker"


@contextmanager
def servers() -> Iterator[Path]:
    """Start Redis, and PostgreSQL where DATABASE_URL names none; hand the addresses and new keys down.

    Enter it before the settings are read. Yields the folder for what the bench leaves.
    """
    folder = Path(tempfile.mkdtemp(prefix="lifeline-bench-"))
    # As root, PostgreSQL runs as another user, who must reach its folder.
    folder.chmod(0o755)
    # Messages on one that others use would reach the product's own workers.
    os.environ.pop("REDIS_URL", None)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        found = stack.enter_context(running(Crew(), folder)).addresses
        os.environ.update(
            {
                "LIFELINE_DATA": str(folder),
                "LIFELINE_KEYS": str(folder / "keys"),
                "DATABASE_URL": found.database,
                "DATABASE_OWNER_URL": found.owner,
                "REDIS_URL": found.redis,
                "DJANGO_SETTINGS_MODULE": "config.bench.settings",
                "LOG_LEVEL": "WARNING",
            }
        )
        yield folder


@contextmanager
def template() -> Iterator[Database]:
    """Yield a migrated database, connected to as its owner so that it can be filled."""
    made = Database(f"lifeline_bench_{os.getpid()}")
    made.make()
    try:
        database.migrate(made.owner_url)
        yield made
    finally:
        connection.close()
        made.drop()


@contextmanager
def copy(of: Database, *, role: str) -> Iterator[Database]:
    """Yield a copy, connected to as a process of the product is."""
    connection.close()
    made = Database(f"{of.name}_copy")
    made.make(of)
    try:
        use(made, role=role)
        yield made
    finally:
        connection.close()
        made.drop()


def use(made: Database, *, role: str, as_owner: bool = False) -> None:
    database.use(made.owner_url if as_owner else made.url, role=role)
    connection.ensure_connection()


def tidy() -> None:
    """Let the planner know the tables, and do now what would else be done while a variant runs."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
