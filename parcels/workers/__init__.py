"""Find what is due, and bring it on. PostgreSQL holds the work: who calls, and how often, changes nothing.

`drain(kind)` is all that tasks, the sweep and the command know. A kind finds its work by query, takes it in
batches that are rows, and brings it on through `actions.advance`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from django.conf import settings

from parcels.workers import (
    audit,
    batches,
    deadlines,
    facts,
    liveness,
    match,
    purge,
    recheck,
    reconcile,
    rekey,
    relay,
    screen,
    seal,
    situations,
    visits,
)
from parcels.workers.batches import Call, Stop

# In the order of a sweep: what the others bring back to `accepted` is screened last, and what is screened
# waits for its addressee to be matched.
DRAINS: Final[Mapping[str, Callable[[Stop, Call], int]]] = {
    "match": lambda stop, call: match.drain(stop),
    "recheck": partial(batches.drain, recheck.WORK),
    "follow": lambda stop, call: (
        batches.drain(situations.WORK, stop, call)
        + batches.drain(visits.WORK, stop, call)
        + batches.drain(facts.WORK, stop, call)
    ),
    "deadlines": lambda stop, call: deadlines.drain(stop),
    "screen": lambda stop, call: screen.drain(stop, call),
    "rekey": lambda stop, call: rekey.drain(stop),
    "erase": lambda stop, call: purge.erase(stop),
    "tidy": lambda stop, call: purge.tidy(stop),
    "purge": lambda stop, call: purge.drain(stop),
    "seal": lambda stop, call: seal.drain(stop),
    "audit": lambda stop, call: audit.drain(stop),
    "verify": lambda stop, call: seal.verify(stop),
    "reconcile": lambda stop, call: reconcile.drain(stop),
    # Last: a partner who is slow keeps nobody else waiting.
    "relay": lambda stop, call: relay.drain(stop),
}

# What opens names, or the key of a round.
_OPENS: Final = frozenset({"match", "screen", "rekey"})


def drain(kind: str, stop: Stop = lambda: False, call: Call = lambda: None) -> int:
    """Do what is due of this kind, until nothing is or `stop` says so; return how many rows it was.

    `call` is called when there is more than one can do at once: a colleague may take a share.

    :raises KeyError: for an unknown kind
    """
    if kind in _OPENS and not settings.KEYS.can_unwrap():
        return 0  # locked: the work waits, and nothing counts as tried
    done = DRAINS[kind](stop, call)
    liveness.swept()
    return done
