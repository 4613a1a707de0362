"""Many rows at once, by COPY."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Any, Final

import psycopg
from django.db import connection
from django.db.models import Model

Row = Sequence[object]
# How long a statement that is answered waits for a Python that computes: by default it is ten times as long.
_SWITCH_S: Final = 0.0005


class Writer:
    """Writes rows into the transaction that is under way, at once."""

    def insert(self, model: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert `rows`; JSON comes as psycopg's `Jsonb`."""
        table, types = model._meta.db_table, _types(model, columns)
        if kept := list(rows):
            way = _through if _is_under_row_security(table) else _insert
            self._do(partial(way, connection.connection, table, types, kept))

    def whole(self) -> None:
        """Say that what was inserted so far refers to nothing that is still to come."""

    def wait(self) -> None:
        """Return when all is written; call it before the database is asked anything.

        :raises django.db.Error: where the database refused something
        """

    def _do(self, job: Callable[[], None]) -> None:
        with connection.wrap_database_errors:
            job()


class Background(Writer):
    """Writes in the order of the calls, while whoever calls prepares what comes next.

    Its one thread works on the caller's connection, so in the caller's transaction, and ends with the block:
    of a block that was refused or interrupted nothing is kept. Foreign keys are checked as soon as rows are
    `whole`; at the commit, where they would be else, there is nothing left to prepare meanwhile.
    """

    def __enter__(self) -> Background:
        self._connection: psycopg.Connection[Any] = connection.connection
        self._jobs: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, "bulk")
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            self._end()

    def whole(self) -> None:
        self._do(partial(_check, self._connection))

    def wait(self) -> None:
        with connection.wrap_database_errors:
            while self._jobs:
                self._jobs[0].result()
                self._jobs.popleft()

    def _do(self, job: Callable[[], None]) -> None:
        self._jobs.append(self._thread.submit(job))

    def _end(self) -> None:
        sys.setswitchinterval(self._switch_s)
        self._thread.shutdown(wait=False, cancel_futures=True)
        if any(job.running() for job in self._jobs):
            self._connection.cancel_safe()
        self._thread.shutdown()


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows` into the transaction that is under way."""
    Writer().insert(model, columns, rows)


def new_id(model: type[Model]) -> int:
    """Return the id of a row that is still to come: what is sealed for it is bound to it."""
    return new_ids(model, 1)[0]


def new_ids(model: type[Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        # The sequence is looked up once, and one array is read faster than a row for each.
        cursor.execute(
            "SELECT array_agg(nextval(of.sequence))"
            " FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) AS of,"
            " generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        (numbers,) = cursor.fetchone()
        return numbers or []


def _types(model: type[Model], columns: Sequence[str]) -> dict[str, str]:
    types = {field.attname: field.db_type(connection) or "" for field in model._meta.concrete_fields}
    return {column: re.sub(r"\(\d+\)", "", types[column]) for column in columns}


def _insert(to: psycopg.Connection[Any], table: str, types: dict[str, str], rows: Sequence[Row]) -> None:
    _check_range(types, rows)
    with (
        psycopg.Cursor(to) as cursor,
        cursor.copy(f"COPY {table} ({', '.join(types)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(list(types.values()))
        for row in rows:
            copy.write_row(row)


def _through(to: psycopg.Connection[Any], table: str, types: dict[str, str], rows: Sequence[Row]) -> None:
    """Go through a temporary table: COPY does not ask row security, and is refused under it."""
    names, incoming = ", ".join(types), f"incoming_{table}"
    with psycopg.Cursor(to) as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {incoming} ON COMMIT DROP AS"
            f" SELECT {names} FROM {table} WITH NO DATA"
        )
        _insert(to, incoming, types, rows)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {incoming}")
        cursor.execute(f"TRUNCATE {incoming}")


@cache
def _is_under_row_security(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [table])
        (found,) = cursor.fetchone()
        return bool(found)


# psycopg cuts off the bits that do not fit, and says nothing.
_RANGES: Final = {"smallint": range(-(2**15), 2**15), "integer": range(-(2**31), 2**31)}


def _check_range(types: dict[str, str], rows: Sequence[Row]) -> None:
    limited = [(place, _RANGES[kind]) for place, kind in enumerate(types.values()) if kind in _RANGES]
    for row in rows:
        for place, fitting in limited:
            if row[place] is not None and row[place] not in fitting:
                raise psycopg.DataError("A number is out of the range of its column.")


def _check(to: psycopg.Connection[Any]) -> None:
    with psycopg.Cursor(to) as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
