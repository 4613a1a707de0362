"""What somebody must look at at once: raised as it happens, told within a minute, closed by a coordinator.

An alarm is a row on the first page of coordinators and auditors, a line of the log, and, where
`ALARM_COMMAND` is set, a call of that program until it ends well. None of them names a person.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Q, QuerySet
from structlog import get_logger

from people import approvals, audit
from people.actors import Actor
from people.acts import READS, Act
from people.audit import Who
from people.heads import moment
from people.models import Alarm, Role

_LONGEST_S: Final = 20
_MOST_TRIES: Final = 20

_log = get_logger(__name__)


class ClosedAlready(Exception):
    """Somebody else has closed it."""


def sound(kind: Alarm.Kind, who: Who) -> None:
    """Raise an alarm about whoever did it; it stands whatever becomes of the transaction around.

    While one of its kind about them is open, this is that one.
    """
    told = {"kind": kind, **audit.subject_of(who), "request": audit.trail().reference}
    audit.keep(lambda using: _raise(told, using))


# By hand: Django returns a row that was there already like one that it wrote.
_RAISE: Final = """
INSERT INTO people_alarm (kind, staff_id, client_id, organisation_id, request, tries, reason)
VALUES (%(kind)s, %(staff_id)s, %(client_id)s, %(organisation_id)s, %(request)s, 0, '')
ON CONFLICT DO NOTHING
"""


def _raise(told: dict[str, Any], using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(_RAISE, told)
        is_new = cursor.rowcount == 1
    if is_new:
        _say(told["kind"], told["staff_id"], told["client_id"], told["request"])


def sound_of_canaries() -> int:
    """Raise an alarm about whoever read a record that nobody has reason to open; return how many.

    For the worker alone: it learns who, and not which record.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_raise_canary_alarms(%s)", [[str(act) for act in READS]])
        raised = [pk for (pk,) in cursor.fetchall()]
    for each in Alarm.objects.filter(pk__in=raised):
        _say(each.kind, each.staff_id, each.client_id, each.request)
    return len(raised)


def open_of(organisations: Sequence[int] | frozenset[int]) -> QuerySet[Alarm]:
    """Return what is open at these organisations, and what is of none in particular."""
    return Alarm.objects.filter(Q(organisation__in=organisations) | Q(organisation=None), closed_at=None)


def close(alarm: Alarm, reason: str, *, by: Actor, now: datetime) -> None:
    """Close it; a stop that it stands for is lifted with it.

    :raises approvals.NotYours: unless `by` is a coordinator of the organisation, and not whom it is about
    :raises ClosedAlready: if it was closed meanwhile
    """
    if Role.COORDINATOR.value not in by.roles or by.staff_id is None or by.staff_id == alarm.staff_id:
        raise approvals.NotYours
    if alarm.organisation_id not in (None, by.organisation_id):
        raise approvals.NotYours
    with transaction.atomic():
        closed = Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(
            closed_by=by.staff_id, closed_at=now, reason=Alarm.Reason(reason)
        )
        if not closed:
            raise ClosedAlready
        audit.record(by, Act.ALARM_LIFTED, "alarm", alarm.pk, purpose=reason)


_NEXT: Final = """
UPDATE people_alarm
   SET tries = tries + 1,
       next_try_at = clock_timestamp() + make_interval(mins => least(60, 1 << least(tries, 6)))
 WHERE id = (SELECT id FROM people_alarm
              WHERE told_at IS NULL AND next_try_at <= clock_timestamp() AND tries < %s
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def tell() -> int:
    """Call whoever is on call about each alarm that was not told yet; return how many were."""
    told = 0
    while settings.ALARM_COMMAND and (alarm := _next()):
        if _called(alarm):
            Alarm.objects.filter(pk=alarm.pk).update(told_at=_now())
            told += 1
    return told


def _next() -> Alarm | None:
    """Return one to tell, put off so that nobody else takes it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [_MOST_TRIES])
        row = cursor.fetchone()
    return Alarm.objects.select_related("organisation").get(pk=row[0]) if row else None


def _called(alarm: Alarm) -> bool:
    told = {
        "alarm": alarm.pk,
        "kind": alarm.kind,
        "raised_at": moment(alarm.raised_at),
        "organisation": alarm.organisation.code if alarm.organisation else None,
        "by": _who(alarm.staff_id, alarm.client_id),
        "request": alarm.request,
    }
    try:
        done = subprocess.run(  # noqa: S603  the operator's own program, without a shell
            shlex.split(settings.ALARM_COMMAND),
            input=json.dumps(told).encode(),
            timeout=_LONGEST_S,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        _log.error("alarm_not_told", alarm=alarm.pk, error=type(error).__name__)
        return False
    if done.returncode:
        _log.error("alarm_not_told", alarm=alarm.pk, returned=done.returncode)
    return done.returncode == 0


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _say(kind: str, staff_id: int | None, client_id: int | None, request: str) -> None:
    _log.critical("alarm", kind=str(kind), by=_who(staff_id, client_id), reference=request)


def _who(staff_id: int | None, client_id: int | None) -> str:
    return f"staff {staff_id}" if staff_id else f"system {client_id}" if client_id else "nobody known"
