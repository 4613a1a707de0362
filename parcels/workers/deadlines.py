"""Terms that run out: a stay that is too long, a refused parcel's time here, an agreement and its grace.

Silence makes a parcel overdue, never missing. Days of an agreement count where the office is.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from parcels.lifecycle import END
from parcels.workers import batches, successors
from parcels.workers.acts import Acts
from parcels.workers.batches import Stop, Work


def drain(stop: Stop) -> int:
    """Return how many parcels became overdue or were brought on."""
    _execute(_EXPIRE)
    # What goes on under a successor does not go home.
    successors.carry_over_all(stop)
    return _execute(_OVERDUE) + batches.drain(WORK, stop)


_ENDED: Final = f"({', '.join(repr(status.value) for status in sorted(END))})"

# A parcel somebody moves at this moment is looked at next time.
_OVERDUE: Final = f"""
UPDATE parcels_parcel SET overdue_since = due.since
  FROM (SELECT p.id, p.status_since + make_interval(days => s.longest_days) AS since
          FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id
          LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
          JOIN exchanges_stay s ON s.terms_id = COALESCE(c.terms_id, r.terms_id) AND s.status = p.status
         WHERE p.overdue_since IS NULL AND p.status NOT IN {_ENDED}
           AND p.status_since < clock_timestamp() - make_interval(days => s.longest_days)
         ORDER BY p.id FOR UPDATE OF p SKIP LOCKED) AS due
 WHERE parcels_parcel.id = due.id
"""

# Past its last day wherever a signatory is.
_EXPIRE: Final = """
UPDATE exchanges_agreement a SET status = 'expired', ended_on = a.valid_until
 WHERE a.status IN ('in_force', 'suspended') AND a.valid_until < clock_timestamp()::date
   AND NOT EXISTS (SELECT FROM exchanges_agreement_signatories s
                     JOIN people_organisation o ON o.id = s.organisation_id
                    WHERE s.agreement_id = a.id
                      AND a.valid_until >= (clock_timestamp() AT TIME ZONE o.time_zone)::date)
"""

_TERM_OVER: Final = """
(p.status = 'refused'
 AND p.status_since < clock_timestamp() - make_interval(days => t.refused_home_after_days))
"""
_FROM: Final = f"""
  FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id
  JOIN exchanges_terms t ON t.id = r.terms_id JOIN exchanges_agreement a ON a.id = r.agreement_id
  JOIN people_organisation o ON o.id = r.sending_id
  LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
 WHERE NOT p.frozen AND p.status IN ('accepted', 'in_review', 'refused', 'cleared', 'packed')
   AND ({_TERM_OVER}
        OR (a.status IN ('expired', 'terminated')
            AND a.ended_on + a.grace_days < (clock_timestamp() AT TIME ZONE o.time_zone)::date
            AND NOT EXISTS (SELECT FROM parcels_movement m WHERE m.parcel_id = p.id AND p.status = 'packed'
                               AND m.details @> '{{"move": "flag", "reason": "agreement_ended"}}')))
"""
_DUE: Final = f"SELECT p.id {_FROM}"
_LOAD: Final = f"""
SELECT p.number, p.status, c.status, r.sending_id, {_TERM_OVER} {_FROM} AND p.id = ANY(%s) ORDER BY p.id
"""


def go_home(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [ids])
        rows = cursor.fetchall()
    acts = Acts(now)
    for number, status, consignment, organisation, term_over in rows:
        reason = "term" if term_over else "agreement_ended"
        if status == "packed" and consignment != "open":
            acts.flag(organisation, number, reason=reason)  # a dispatcher opens what is sealed
            continue
        if status == "packed":
            acts.move(organisation, number, "unpack", reason=reason)
        acts.move(organisation, number, "send_back", reason=reason)
    acts.carry_out()


WORK: Final = Work("home", _DUE, go_home)


def _execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        changed: int = cursor.rowcount
        return changed
