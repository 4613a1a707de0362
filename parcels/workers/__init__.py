"""Find what is due, and bring it on. PostgreSQL holds the work: who calls, and how often, changes nothing.

`drain(kind)` is all that tasks, the sweep and the command know. A kind finds its work by query, takes it in
batches that are rows, and brings it on through `actions.advance`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from parcels.workers import batches, deadlines, facts, recheck, screen, situations, tidy
from parcels.workers.batches import Stop

# In the order of a sweep: what the others bring back to `accepted` is screened last.
DRAINS: Final[Mapping[str, Callable[[Stop], int]]] = {
    "recheck": lambda stop: batches.drain(recheck.WORK, stop),
    "follow": lambda stop: batches.drain(situations.WORK, stop) + batches.drain(facts.WORK, stop),
    "deadlines": deadlines.drain,
    "screen": lambda stop: batches.drain(screen.WORK, stop),
    "tidy": tidy.drain,
}


def drain(kind: str, stop: Stop = lambda: False) -> int:
    """Do what is due of this kind, until nothing is or `stop` says so; return how many rows it was.

    :raises KeyError: for an unknown kind
    """
    return DRAINS[kind](stop)
