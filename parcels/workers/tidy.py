"""What is kept for a while only: replies, throttle windows, ticks, sessions, tokens, settled questions."""

from typing import Final

from django.db import connection

from parcels.workers.batches import Stop

_OVER: Final = (
    "DELETE FROM people_savedreply WHERE saved_at < clock_timestamp() - interval '30 days'",
    "DELETE FROM people_throttlewindow WHERE started_at < clock_timestamp() - interval '1 day'",
    "DELETE FROM parcels_tick WHERE slot < clock_timestamp() - interval '1 day'",
    "DELETE FROM people_possiblematch m WHERE m.settled_at < clock_timestamp() - interval '90 days'"
    " AND NOT EXISTS (SELECT FROM people_matchstatement s WHERE s.says = 'same'"
    " AND (s.person_id, s.other_id, s.office_id) = (m.person_id, m.other_id, m.office_id))",
    "DELETE FROM people_staffsession WHERE began_at < clock_timestamp() - interval '8 hours'",
    "DELETE FROM django_session WHERE expire_date < clock_timestamp()",
    "DELETE FROM oauth2_provider_accesstoken WHERE expires < clock_timestamp() - interval '1 day'",
)


def drain(stop: Stop) -> int:
    deleted = 0
    with connection.cursor() as cursor:
        for statement in _OVER:
            cursor.execute(statement)
            deleted += cursor.rowcount
    return deleted
