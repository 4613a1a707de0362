"""Every five minutes: whether what is kept agrees with itself, and whether due work was left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now

from parcels.custody_log import CUSTODY
from parcels.models import Difference, Reconciliation
from parcels.reconciling import Found, Outcome, reconcile
from parcels.workers import deadlines, facts, match, recheck, screen, situations, visits
from parcels.workers.batches import Stop, Work
from people import sealing
from people.audit_tree import AUDIT

PERIOD: Final = timedelta(minutes=5)
# Seconds after which what is due is left behind: a sweep comes every ten, so something is wrong.
BOUNDS: Final[Mapping[Work, int]] = {
    match.WORK: 900,
    recheck.WORK: 600,
    situations.WORK: 600,
    visits.WORK: 600,
    facts.WORK: 600,
    deadlines.WORK: 900,
    screen.WORK: 600,
}
_SEALED_BOUND_S: Final = 600
_OPENS: Final = frozenset({match.WORK, screen.WORK})
# The lowest ids go first, so these are what should be gone soonest.
_MOST_WATCHED: Final = 1_000
_LOCK: Final = "hashtext('parcels.reconcile'), 0"


def drain(stop: Stop) -> int:
    """Return how many differences there are; nothing is done where it was done within the period."""
    if stop() or Reconciliation.objects.filter(began_at__gt=Now() - PERIOD).exists():
        return 0
    outcome = now()
    return len(outcome.found) if outcome else 0


def now() -> Outcome | None:
    """Reconcile at once; None where a colleague is at it."""
    with _alone() as mine:
        return reconcile([*left_behind(), *unsealed_left_behind()]) if mine else None


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_LOCK})")
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})")


def left_behind() -> Iterator[Found]:
    """Yield each kind of work of which something has been due for longer than its bound."""
    for work, bound_s in BOUNDS.items():
        if work in _OPENS and not settings.KEYS.can_unwrap():
            continue  # locked: it waits for two officers, and readyz says so
        many, oldest_s = _watch(work, bound_s)
        if many:
            yield Found(
                Difference.Kind.LEFT, work=work.kind, expected=f"done within {bound_s} s",
                found=f"{many} due, the first for {oldest_s} s",
            )  # fmt: skip


def unsealed_left_behind() -> Iterator[Found]:
    for tree, time in ((CUSTODY, "e.recorded_at"), (AUDIT, "e.at")):
        waited_s = int(sealing.oldest_unsealed_s(tree, time))
        if waited_s > _SEALED_BOUND_S:
            yield Found(
                Difference.Kind.LEFT, work=tree.log, expected=f"sealed within {_SEALED_BOUND_S} s",
                found=f"an entry waits for {waited_s} s",
            )  # fmt: skip


_FORGET: Final = """
DELETE FROM parcels_duesince s WHERE s.kind = %s
   AND NOT EXISTS (SELECT FROM ({due}) AS due (id) WHERE due.id = s.row
                   EXCEPT SELECT FROM parcels_quarantine q WHERE q.kind = s.kind AND q.{of}_id = s.row)
"""
_NOTE: Final = """
INSERT INTO parcels_duesince (kind, row)
SELECT %s, id FROM ({due}) AS due (id)
 WHERE NOT EXISTS (SELECT FROM parcels_quarantine q WHERE q.kind = %s AND q.{of}_id = id)
 ORDER BY id LIMIT {most} ON CONFLICT DO NOTHING
"""
_OVER: Final = """
SELECT count(*), COALESCE(extract(epoch FROM clock_timestamp() - min(since))::int, 0) FROM parcels_duesince
 WHERE kind = %s AND since < clock_timestamp() - make_interval(secs => %s)
"""


def _watch(work: Work, bound_s: int) -> tuple[int, int]:
    """Return how many have been due for longer than the bound, and the first of them for how many seconds."""
    told = {"due": work.due, "of": work.of, "most": _MOST_WATCHED}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET.format(**told), [work.kind])
        cursor.execute(_NOTE.format(**told), [work.kind, work.kind])
        cursor.execute(_OVER, [work.kind, bound_s])
        many, oldest_s = cursor.fetchone()
    return int(many), int(oldest_s)
