"""Loads the demonstration into an empty database, step by step, so that an interrupted one is taken up again.

The manifest comes in as an office would bring it: what was collected in the first days three weeks ago, the
rest just now, each by `import_manifest`. The workers screen what is new; what is old was screened then.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from exchanges.models import Round
from parcels import bell, progress, workers
from parcels.demonstration import (
    agreements,
    exchanges,
    ledger,
    manifest,
    mirror,
    offices,
    returns,
    told,
    visits,
)
from parcels.demonstration.play import play
from parcels.lifecycle import Status
from parcels.models import Parcel, Quarantine
from parcels.workers import screen
from people.models import Organisation, Staff

# Days before now: so long ago that by now families may read what became of the first parcels.
FIRST_CAME_IN: Final = timedelta(days=16)
_WEEK: Final = timedelta(days=7)
_FIRST_COLLECTED: Final = timedelta(days=5)
_COLLECTED_BEFORE: Final = timedelta(days=21)
_LOOK_AGAIN_S: Final = 0.2


class NotEmpty(Exception):
    """The database holds something else."""


def load(*, out: TextIO | None = None) -> bool:
    """Return whether there was anything to load: a complete demonstration stays as it is.

    :raises NotEmpty: when the database holds anything else
    """
    if is_complete():
        return False
    if not Round.objects.filter(demonstration=True).exists():
        if Organisation.objects.exists() or Staff.objects.exists():
            raise NotEmpty
        _begin(timezone.now(), out)
    if not _is_played():
        _wait_for_screening(out)
        with transaction.atomic(), progress.bar("Playing the round", 0, out=out) as show:
            play(_round(), timezone.now(), show)
    _load_parts(out)
    _finish()
    return True


def _finish() -> None:
    for kind in ("match", "follow", "deadlines", "screen"):
        workers.drain(kind)
    # Last, so that it counts all that came before.
    ledger.freeze_for_meeting(timezone.now())
    # Only a worker may seal; without one, the first that runs does.
    bell.ring("seal")


def is_complete() -> bool:
    """Whether the last part, which is one transaction, is there."""
    return ledger.is_frozen()


def collected_from(now: datetime) -> date:
    """Return the first day of collecting: that of the written manifest, or of the same weekday earlier.

    The same weekday, because nobody collects on a Sunday, and the seed draws the same parcels only from
    weeks of one shape.
    """
    first = manifest.COLLECTED_FROM
    while datetime(first.year, first.month, first.day, tzinfo=UTC) > now - _COLLECTED_BEFORE:
        first -= _WEEK
    return first


class Part(NamedTuple):
    """One transaction, so that it is there whole or not at all."""

    is_there: Callable[[], bool]
    make: Callable[[datetime], None]


def _load_parts(out: TextIO | None) -> None:
    with progress.bar("People, visits, returns", len(_PARTS), out=out) as show:
        for done, part in enumerate(_PARTS, 1):
            if not part.is_there():
                with transaction.atomic():
                    part.make(timezone.now())
            show(done)


def _mirror(now: datetime) -> None:
    """What Vestria sends, all in one: nobody finds its parcels half on their way."""
    then = now - mirror.CAME_IN
    round_ = mirror.make(now)
    path = _write(_folder() / "mirror.csv", mirror.rows(collected_from(then)))
    _import(path, offices.MIRROR, then, StringIO())
    accepted = Parcel.objects.filter(round=round_, status=Status.ACCEPTED).order_by("pk")
    screen.screen(list(accepted.values_list("pk", flat=True)), then)
    mirror.play(round_, now)


# In this order: a visit is to people of both rounds.
_PARTS: Final = (
    Part(agreements.are_there, agreements.make),
    Part(mirror.is_there, _mirror),
    Part(told.is_told, told.tell),
    Part(told.is_compared, told.compare),
    Part(visits.are_there, visits.make),
    Part(exchanges.is_there, exchanges.make),
    Part(returns.are_there, returns.make),
)


def _folder() -> Path:
    folder = Path(settings.DATA) / "demonstration"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _begin(now: datetime, out: TextIO | None) -> None:
    first_day = collected_from(now)
    rows = list(manifest.rows(manifest.SEED, collected_from=first_day))
    first = [row for row in rows if row["accepted_at"][:10] < (first_day + _FIRST_COLLECTED).isoformat()]
    folder = _folder()
    with transaction.atomic():
        round_ = offices.open_for_work(now)
        then = now - FIRST_CAME_IN
        _import(_write(folder / "november.csv", first), offices.ROUND, then, out)
        accepted = Parcel.objects.filter(round=round_, status=Status.ACCEPTED)
        screen.screen(list(accepted.order_by("pk").values_list("pk", flat=True)), then)
        _import(_write(folder / "december.csv", rows), offices.ROUND, now, out)


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, manifest.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _import(path: Path, reference: str, now: datetime, out: TextIO | None) -> None:
    call_command("import_manifest", path, "--round", reference, now=now, stdout=out, verbosity=0)


def _is_played() -> bool:
    """Whether the play, which is one transaction, has made its consignments."""
    return Round.objects.filter(reference=offices.ROUND, consignments__isnull=False).exists()


def _wait_for_screening(out: TextIO | None) -> None:
    """Take a share in the workers' work until nothing is left of it."""
    waiting = Parcel.objects.filter(
        round__reference=offices.ROUND, status=Status.ACCEPTED, frozen=False
    ).exclude(pk__in=Quarantine.objects.exclude(parcel=None).values("parcel"))
    total = waiting.count()
    with progress.bar("Screening", total, out=out) as show:
        while left := waiting.count():
            show(total - left)
            # Nothing done: the rest is in the hands of a worker, or of one that was killed.
            if not workers.drain("screen"):
                time.sleep(_LOOK_AGAIN_S)
        show(total)


def _round() -> Round:
    return Round.objects.select_related("sending", "holding", "neutral").get(reference=offices.ROUND)
