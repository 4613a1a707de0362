"""The audit's own work: alarms first, then shipping what is sealed."""

from parcels.workers.batches import Stop
from people import alarms, shipping


def drain(stop: Stop) -> int:
    """Return how many entries and heads were shipped."""
    alarms.sound_of_canaries()
    alarms.tell()
    shipped = 0
    while not stop() and (now := shipping.ship()):
        shipped += now
    return shipped
