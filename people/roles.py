"""Working in another of the database's roles for a while: a command typed beside the web process, say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

WORKER: Final = "lifeline_worker"


@contextmanager
def working_as(role: str) -> Iterator[None]:
    """Take the role and give it back; where the server has none for this login, stay as one is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_has_role(session_user, to_regrole(%s), 'MEMBER')"
            " WHERE to_regrole(%s) IS NOT NULL",
            [role, role],
        )
        before, may = cursor.fetchone() or ("", False)
        changes = may and before.startswith("lifeline_")
        if changes:
            cursor.execute(f"SET ROLE {connection.ops.quote_name(role)}")
    try:
        yield
    finally:
        if changes:
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {connection.ops.quote_name(before)}")
