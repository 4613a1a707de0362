"""New terms send the parcels they name through screening again.

A parcel knows by which version it was last screened: the newest of its movements that says `rules_version`.
New intakes are no matter of ours. Else what is not sealed goes back; what is sealed a dispatcher opens, so
it is flagged, whether the terms name all that is not dispatched or only what is not sealed.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from parcels.workers.acts import Acts
from parcels.workers.batches import Work

# `since` is the newest version that names parcels already taken in; the first of an agreement names none.
_FROM: Final = """
  FROM (SELECT r.id, r.sending_id, current.version, max(t.version) AS since
          FROM exchanges_round r JOIN exchanges_terms current ON current.id = r.terms_id
          JOIN exchanges_terms t ON t.agreement_id = current.agreement_id AND t.version <= current.version
         WHERE r.status NOT IN ('handed_over', 'reported', 'cancelled')
           AND t.in_force_at IS NOT NULL AND t.touches <> 'new_intakes'
           AND EXISTS (SELECT FROM exchanges_terms before WHERE before.agreement_id = t.agreement_id
                          AND before.version < t.version AND before.in_force_at IS NOT NULL)
         GROUP BY r.id, current.version) AS r
  JOIN parcels_parcel p ON p.round_id = r.id
  LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
 WHERE p.status IN ('cleared', 'in_review', 'refused', 'packed') AND NOT p.frozen
   AND r.since > COALESCE((SELECT (m.details ->> 'rules_version')::int FROM parcels_movement m
                            WHERE m.parcel_id = p.id AND m.details ? 'rules_version'
                            ORDER BY m.number DESC LIMIT 1), 0)
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
