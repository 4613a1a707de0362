"""The two servers: those named by DATABASE_URL and REDIS_URL, or else our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import environ

from config.database import Addresses
from config.launcher.postgres import LOGIN, OWNER, Postgres
from config.launcher.processes import Crew
from config.launcher.valkey import Valkey


@dataclass(frozen=True)
class Servers:
    addresses: Addresses
    postgres: Postgres | None
    """Ours, where DATABASE_URL names none."""


@contextmanager
def running(crew: Crew, data: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Start what is missing; on leaving, stop it after everything else in `crew`.

    :raises Failed: when a server does not start
    """
    env = environ.FileAwareEnv()
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    url = env.str("DATABASE_URL", "")
    postgres = None if url else Postgres(data, logs / "database.log", durable=durable)
    try:
        redis_url = env.str("REDIS_URL", "") or _start_valkey(crew, Valkey(data, logs / "redis.log"))
        if postgres:
            _start_postgres(crew, postgres)
            found = Addresses(postgres.url(LOGIN), postgres.url(OWNER), redis_url)
        else:
            found = Addresses(url, env.str("DATABASE_OWNER_URL", "") or url, redis_url)
        yield Servers(found, postgres)
    finally:
        try:
            crew.stop([child for child in crew.children if child.program.name not in ("database", "redis")])
        finally:
            # Also when a second signal says that the first was too slow.
            crew.stop()
            if postgres:
                postgres.clean_up()


def _start_valkey(crew: Crew, valkey: Valkey) -> str:
    crew.wait_for(crew.start(valkey.program()), valkey.is_ready, seconds=20)
    return valkey.url


def _start_postgres(crew: Crew, postgres: Postgres) -> None:
    postgres.prepare()
    # Recovery after a crash may take its time.
    crew.wait_for(crew.start(postgres.program()), postgres.is_ready, seconds=60)
    postgres.make_roles()
