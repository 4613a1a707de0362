"""Workers in tests: draining in the worker's own role, and what became of a parcel."""

import time
from collections.abc import Callable

import pytest
from django.db import connection

from parcels import workers
from parcels.models import Parcel
from tests.databases import as_role
from tests.factories import World, world

WORKER = "lifeline_worker"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def drain() -> Callable[[str], int]:
    """Drain a kind with the rights of a worker, and no others."""

    def drain(kind: str) -> int:
        with as_role(WORKER):
            return workers.drain(kind)

    return drain


def history(parcel: Parcel) -> list[tuple[str, str]]:
    """What moved it and where to, without how it was registered and accepted."""
    rows = parcel.movements.order_by("number").exclude(move__in=("register", "accept"))
    return list(rows.values_list("move", "status"))


def last_details(parcel: Parcel) -> dict[str, object]:
    details: dict[str, object] = parcel.movements.order_by("-number").values_list("details", flat=True)[0]
    return details


def age(table: str, column: str, interval: str) -> None:
    """Let time pass for what is in `table`."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} - %s::interval", [interval])


def is_cleared(parcel: Parcel) -> bool:
    return Parcel.objects.get(pk=parcel.pk).status == "cleared"


def until(happens: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.05)
    return happens()
