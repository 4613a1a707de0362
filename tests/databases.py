"""Databases for tests, and the role in which a test works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.http import HttpRequest, HttpResponse
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


def as_the_web_server(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware: while a request is answered the connection works for those who ask, not for the system."""

    def answered(request: HttpRequest) -> HttpResponse:
        _system("off")
        try:
            return answer(request)
        finally:
            _system("on")

    return answered


def _system(value: str) -> None:
    try:
        connection.ensure_connection()
    except RuntimeError:
        return  # a test without a database
    # Not by Django's cursor: this is no question of the product's.
    connection.connection.execute("SELECT set_config('lifeline.system', %s, false)", [value])
