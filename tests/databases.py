"""Databases for tests, and the role in which a test works."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection
from psycopg import sql

WEB = "lifeline_web"


@dataclass(frozen=True)
class Database:
    name: str

    @property
    def url(self) -> str:
        return _renamed(os.environ["DATABASE_URL"], self.name)

    @property
    def owner_url(self) -> str:
        return _renamed(os.environ["DATABASE_OWNER_URL"], self.name)

    def environment(self, role: str = WEB) -> dict[str, str]:
        """Return what a process needs to work on this database in `role`."""
        ours = {"DATABASE_URL": self.url, "DATABASE_OWNER_URL": self.owner_url, "DATABASE_ROLE": role}
        return os.environ | ours

    def make(self, template: "Database | None" = None) -> None:
        self.drop()
        source = sql.Identifier(template.name if template else "template0")
        _as_owner(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self.name), source))

    def drop(self) -> None:
        _as_owner(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))


def _renamed(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _as_owner(statement: sql.Composed) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(statement)


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Work in another role. A refusal inside belongs in an `atomic()` of its own, inside this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (before,) = cursor.fetchone()
    _take(role)
    try:
        yield
    finally:
        _take(before)


def _take(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
