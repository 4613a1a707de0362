"""New terms send the parcels they name through screening again.

A parcel knows by which version it was last screened: the newest of its movements that says `rules_version`.
New intakes are no matter of ours. Else what is not sealed goes back; what is sealed a dispatcher opens, so
it is flagged, and where the terms name all that is not dispatched it does not leave before that. A parcel
whose round went over to a successor was never screened under its terms.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from parcels.workers.acts import Acts
from parcels.workers.batches import Work

# `since` is the newest version that names parcels already taken in; the first of an agreement names none.
# A flag tells that the sealed parcel is on the dispatcher's list; once it is out of there, it says nothing.
_FROM: Final = """
  FROM (SELECT r.id, r.sending_id, r.carried_over_at, current.version,
               max(t.version) FILTER (
                   WHERE t.touches <> 'new_intakes' AND EXISTS (
                       SELECT FROM exchanges_terms before WHERE before.agreement_id = t.agreement_id
                          AND before.version < t.version AND before.in_force_at IS NOT NULL)) AS since
          FROM exchanges_round r JOIN exchanges_terms current ON current.id = r.terms_id
          JOIN exchanges_terms t ON t.agreement_id = current.agreement_id AND t.version <= current.version
         WHERE r.status NOT IN ('handed_over', 'reported', 'cancelled') AND t.in_force_at IS NOT NULL
         GROUP BY r.id, current.version) AS r
  JOIN parcels_parcel p ON p.round_id = r.id
  LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
  LEFT JOIN LATERAL (SELECT (m.details ->> 'rules_version')::int AS version, m.recorded_at
                       FROM parcels_movement m
                      WHERE m.parcel_id = p.id AND m.details ? 'rules_version'
                        AND (m.move <> 'observe' OR p.status = 'packed' AND NOT EXISTS (
                             SELECT FROM parcels_movement packed
                              WHERE packed.parcel_id = p.id AND packed.number > m.number
                                AND packed.move = 'pack'))
                      ORDER BY m.number DESC LIMIT 1) AS screened ON true
 WHERE p.status IN ('cleared', 'in_review', 'refused', 'packed') AND NOT p.frozen
   AND (r.since > COALESCE(screened.version, 0)
        OR r.carried_over_at > COALESCE(screened.recorded_at, '-infinity'))
"""
_DUE: Final = f"SELECT p.id {_FROM}"
_LOAD: Final = f"""
SELECT p.number, p.status, c.status, r.sending_id, r.version {_FROM} AND p.id = ANY(%s) ORDER BY p.id
"""


def recheck(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [ids])
        rows = cursor.fetchall()
    acts = Acts(now)
    for number, status, consignment, organisation, version in rows:
        if status == "packed" and consignment != "open":
            acts.flag(organisation, number, reason="terms", rules_version=version)
            continue
        if status == "packed":
            acts.move(organisation, number, "unpack", reason="terms")
        acts.move(organisation, number, "recheck", rules_version=version)
    acts.carry_out()


WORK: Final = Work("recheck", _DUE, recheck)
