"""Opening people: each is recorded, and so many different ones an hour are the most.

Lists of numbers and masked names do not count, nor does whoever is opened by scanning their parcel. Past the
limit nothing more is opened until a coordinator, who is somebody else, has closed the alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from people import alarms, audit
from people.actors import Actor
from people.acts import COUNTED, Act
from people.models import Alarm, Client
from people.stopping import Stopped


class How(StrEnum):
    """How somebody comes to see who a person is; the value is the act that is recorded."""

    PAGE = Act.OPEN_PERSON.value
    SCAN = Act.OPEN_BY_SCAN.value  # does not count
    UNMASK = Act.UNMASK.value
    PLACE = Act.SEE_DETENTION.value  # where they are held
    READ = Act.READ_PERSON.value  # a system, one
    LIST = Act.LIST_PERSON.value  # a system, in a list
    EXPORT = Act.EXPORT_PERSON.value
    EXPORT_BY_TWO = Act.EXPORT_BY_TWO.value  # does not count: two officers allowed each


SCANNED_AN_HOUR: Final = 300
"""More people than the parcels that pass a counter have: numbers can be typed as well as scanned."""
_COUNTED: Final = [str(act) for act in COUNTED]


def opened(by: Actor, people: Iterable[int], how: How, purpose: str = "") -> None:
    """Record that these people are opened. Call it before anything of them is shown.

    :raises Stopped: past the limit, or while an alarm of that kind is open; an alarm is raised
    """
    ids = sorted(set(people))
    if not ids:
        return
    most = limit_of(by)
    with transaction.atomic():
        is_within = how.value not in _COUNTED or _is_within(by, ids, most)
        if is_within:
            audit.record(by, how.value, "person", ids, purpose=purpose)
    if not is_within:
        audit.refuse(by, Act.TOO_MANY_OPENED, "people", len(ids), purpose=purpose)
        alarms.sound(Alarm.Kind.MANY_OPENED, by)
        raise Stopped(most)
    if how is How.EXPORT_BY_TWO and len(ids) > most:
        alarms.sound(Alarm.Kind.MANY_EXPORTED, by)
    if how is How.SCAN and _scanned(by) > SCANNED_AN_HOUR:
        alarms.sound(Alarm.Kind.MANY_SCANNED, by)


def limit_of(by: Actor) -> int:
    """Return how many different people an hour: a system may have another number than staff."""
    if by.client_id is not None:
        return Client.objects.values_list("people_an_hour", flat=True).get(pk=by.client_id)
    most: int = settings.PEOPLE_AN_HOUR
    return most


def _scanned(by: Actor) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT subject) FROM people_auditentry WHERE staff_id = %s AND act = %s"
            " AND at > clock_timestamp() - interval '1 hour'",
            [by.staff_id, How.SCAN.value],
        )
        return int(cursor.fetchone()[0])


# In one statement: whom they opened in the hour up to now, since the last stop was lifted, and whom they are
# about to open. Counted under a lock of their own, so that of any number of parallel requests none slips by.
_WITHIN: Final = """
WITH lifted AS (
    SELECT COALESCE(bool_or(closed_at IS NULL), false) AS stopped, COALESCE(max(closed_at), '-infinity') AS at
      FROM people_alarm WHERE kind = 'many_opened' AND {who} = %s
), whom AS (
    SELECT e.subject FROM people_auditentry e, lifted
     WHERE e.{who} = %s AND e.act = ANY(%s) AND e.subject_kind = 'person' AND e.outcome = 'done'
       AND e.at > clock_timestamp() - interval '1 hour' AND e.at > lifted.at
     UNION SELECT unnest(%s::bigint[])
)
SELECT NOT stopped AND (SELECT count(*) FROM whom) <= %s FROM lifted
"""


def _is_within(by: Actor, ids: list[int], most: int) -> bool:
    who, key = ("staff_id", by.staff_id) if by.staff_id is not None else ("client_id", by.client_id)
    if key is None:
        return True  # a worker shows nobody, and a command has its two officers
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people.opening.' || %s), %s)", [who, key])
        cursor.execute(_WITHIN.format(who=who), [key, key, _COUNTED, ids, most])
        return bool(cursor.fetchone()[0])
