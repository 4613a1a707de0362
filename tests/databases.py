"""Databases for tests, and the role in which a test works."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

from config.scratch import WEB as WEB
from config.scratch import Database as Database


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
