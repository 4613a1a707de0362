"""When schedules run: a tick is a row, unique for its schedule and slot, so any number of beats is one."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.db import connection

from parcels.workers import drain
from parcels.workers.batches import Stop


class Schedule(NamedTuple):
    period_s: int
    kinds: tuple[str, ...]


# config.celery rings for each of these at its period.
SCHEDULES: Final[Mapping[str, Schedule]] = {
    "sweep": Schedule(15, ("erase", "match", "recheck", "follow", "screen", "seal", "audit", "relay")),
    "deadlines": Schedule(60, ("deadlines", "rekey")),
    "tidy": Schedule(3600, ("tidy", "verify")),
    "reconcile": Schedule(300, ("reconcile",)),
    # The kind itself knows its hour; asked this often, a night's run that was cut off goes on.
    "purge": Schedule(900, ("purge",)),
}


def take(schedule: str) -> bool:
    """Return whether this slot's run is the caller's: the database's time floored to the period."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parcels_tick (schedule, slot) VALUES"
            " (%s, date_bin(make_interval(secs => %s), clock_timestamp(), 'epoch')) ON CONFLICT DO NOTHING",
            [schedule, SCHEDULES[schedule].period_s],
        )
        return bool(cursor.rowcount)


def take_all() -> None:
    """Take every slot that has come: a sweep does, so that slots have their run also while no beat rings."""
    for schedule in SCHEDULES:
        take(schedule)


def run(schedule: str, stop: Stop = lambda: False) -> bool:
    """Run the schedule's kinds, unless another has taken this slot.

    :raises KeyError: for an unknown schedule
    """
    if not take(schedule):
        return False
    for kind in SCHEDULES[schedule].kinds:
        drain(kind, stop)
    return True
