"""Which database, and as whom: the owner migrates, every process logs in plainly and takes one role."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import environ
from django.core.management import call_command
from django.db import connections

_LEFT_BY_UP = "servers.json"


class Addresses(NamedTuple):
    database: str
    owner: str
    redis: str


def addresses(env: environ.Env, data: Path) -> Addresses:
    """Return those of the environment, or else of the product that runs on `data`: a command typed beside it
    finds its servers."""
    left = _left_by_up(data)
    database = env.str("DATABASE_URL", left.get("database", "postgresql:///lifeline"))
    owner = left["owner"] if database == left.get("database") else database
    redis = env.str("REDIS_URL", left.get("redis", "redis://127.0.0.1:6379/0"))
    return Addresses(database, env.str("DATABASE_OWNER_URL", owner), redis)


@contextmanager
def left(found: Addresses, data: Path) -> Iterator[None]:
    """Leave the addresses for commands typed beside us, until we stop."""
    path = data / _LEFT_BY_UP
    path.unlink(missing_ok=True)
    # Readable by us alone: the addresses hold passwords.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(found._asdict(), file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _left_by_up(data: Path) -> dict[str, str]:
    path = data / _LEFT_BY_UP
    return json.loads(path.read_text()) if path.exists() else {}


def connection_settings(url: str, *, role: str = "", system: bool = False) -> dict[str, Any]:
    """Return what Django needs to connect.

    :param system: it works for nobody in particular: row security shows it everything
    """
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    options = ["-c lock_timeout=5s", "-c idle_in_transaction_session_timeout=20s"]
    if system:
        options.append("-c lifeline.system=on")
    if role:
        options.append(f"-c role={role}")
    # A statement asked for again is prepared: the families' look-up is four times as fast by it.
    settings.setdefault("OPTIONS", {}).update(options=" ".join(options), prepare_threshold=5)
    return settings | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def use(url: str, *, role: str = "", system: bool = False) -> None:
    """Point this process, all its threads included, at another database or login."""
    connections.close_all()
    connections.settings["default"].update(connection_settings(url, role=role, system=system))


def migrate(owner_url: str) -> None:
    use(owner_url, system=True)
    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
