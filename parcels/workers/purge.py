"""Taking away what is due to go: nightly by the rules, hourly what is short-lived, at once on request.

A night's run is a row, begun once and gone on with by whoever finds it unfinished. What is due is asked of
the database anew for each share, so a run that was cut off loses nothing and does nothing twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection, transaction

from parcels.erasing import erase_due
from parcels.workers.batches import Stop
from people import audit
from people.acts import Act
from people.models import PurgeCount, PurgeRun
from people.retention import RULES
from people.retention_periods import periods

SHARE: Final = 1_000
_NIGHT: Final = range(1, 5)
"""Hours (UTC) in which a night's run begins; one that was missed begins at any hour."""
_MISSED: Final = timedelta(hours=26)


class Due(NamedTuple):
    """How many are due by a rule, and since when the oldest of the category is there."""

    many: int
    oldest: datetime | None


def due(rule: str) -> Due:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM lifeline_due(%s)", [rule])
        return Due(*cursor.fetchone())


def erase(stop: Stop) -> int:
    """Erase whom two officers decided to."""
    return erase_due()


def tidy(stop: Stop) -> int:
    """Take away what is short-lived: replies, counts of tries, ticks, sessions, tokens, links."""
    return sum(_take(rule) for rule in RULES if RULES[rule].pace == "hour")


def drain(stop: Stop) -> int:
    """Begin or go on with this night's purge; nothing by day, or once it is done."""
    now = _now()
    run = _tonight(now)
    return _do(run, stop) if run else 0


def purge_now(stop: Stop = lambda: False) -> PurgeRun:
    """Purge by hand, at any hour."""
    run = PurgeRun.objects.create(started_at=_now())
    _do(run, stop)
    return run


def dry_run() -> PurgeRun:
    """Count what a purge would take now, and change nothing else."""
    with transaction.atomic():
        run = PurgeRun.objects.create(dry_run=True, started_at=_now(), finished_at=_now())
        for each in periods():
            found = due(each.rule.name)
            PurgeCount.objects.create(
                run=run, rule=each.rule.name, days=each.days, due=found.many, oldest_left=found.oldest
            )
        return run


def _tonight(now: datetime) -> PurgeRun | None:
    """Return the run to work on, making it when its hour has come."""
    left = PurgeRun.objects.filter(finished_at=None, dry_run=False).order_by("-pk").first()
    if left is not None:
        return left
    last = PurgeRun.objects.exclude(night=None).order_by("-night").first()
    if last is not None and last.night == now.date():
        return None
    if now.hour not in _NIGHT and last is not None and now - last.started_at < _MISSED:
        return None
    return _begin(now.date(), now)


def _begin(night: date, now: datetime) -> PurgeRun:
    run, _ = PurgeRun.objects.get_or_create(night=night, defaults={"started_at": now})
    return run


def _do(run: PurgeRun, stop: Stop) -> int:
    """Work through the rules that this run has not finished; one worker at a time."""
    done = 0
    for each in periods():
        if stop():
            return done
        name = each.rule.name
        count, _ = PurgeCount.objects.get_or_create(
            run=run, rule=name, defaults={"days": each.days, "due": due(name).many}
        )
        while not stop():
            with transaction.atomic():
                if not _mine(run):
                    return done  # another goes on with it
                taken = _take(name)
                if taken:
                    count.purged += taken
                    count.save(update_fields=["purged"])
            done += taken
            if taken < SHARE:
                break
        count.oldest_left = due(name).oldest
        count.save(update_fields=["oldest_left"])
    if not stop():
        run.finished_at = _now()
        run.save(update_fields=["finished_at"])
        audit.record(audit.By.WORKER, Act.PURGED, "purge", run.pk)
    return done


def _mine(run: PurgeRun) -> bool:
    return PurgeRun.objects.select_for_update(skip_locked=True).filter(pk=run.pk, finished_at=None).exists()


def _take(rule: str) -> int:
    """Take one share away, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lifeline_purge(%s, %s)", [rule, SHARE])
        (taken,) = cursor.fetchone()
        return int(taken)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        return now  # type: ignore[no-any-return]
