"""Databases made for one purpose and dropped again, beside the one that DATABASE_URL names."""

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

WEB = "lifeline_web"
_TRIES = 5


@dataclass(frozen=True)
class Database:
    name: str

    @property
    def url(self) -> str:
        return _renamed(os.environ["DATABASE_URL"], self.name)

    @property
    def owner_url(self) -> str:
        """For the system's own work: row security hides nothing from who comes in by it."""
        parts = urlsplit(_renamed(os.environ["DATABASE_OWNER_URL"], self.name))
        query = "&".join(filter(None, [parts.query, "options=-c%20lifeline.system%3Don"]))
        return urlunsplit(parts._replace(query=query))

    def environment(self, role: str = WEB) -> dict[str, str]:
        """Return what a process needs to work on this database in `role`."""
        ours = {"DATABASE_URL": self.url, "DATABASE_OWNER_URL": self.owner_url, "DATABASE_ROLE": role}
        return os.environ | ours

    def make(self, template: Self | None = None) -> None:
        self.drop()
        source = sql.Identifier(template.name if template else "template0")
        _when_free(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self.name), source))

    def drop(self) -> None:
        statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.name))
        try:
            _as_owner(statement + sql.SQL(" WITH (FORCE)"))
        except psycopg.errors.InsufficientPrivilege:
            # Autovacuum is at work in it, which an owner may not end; without FORCE the server stops it.
            _when_free(statement)


def _renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _when_free(statement: sql.Composed) -> None:
    """Wait for backends on their way out: on a busy machine longer than the server itself does."""
    for _ in range(_TRIES):
        with suppress(psycopg.errors.ObjectInUse):
            return _as_owner(statement)
    return _as_owner(statement)


def _as_owner(statement: sql.Composed) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(statement)
