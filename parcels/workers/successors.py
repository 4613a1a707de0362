"""Rounds whose agreement has ended go on under its successor, once that one is in force where they start."""

from typing import Final

from django.db import connection

from exchanges.actions import carry_over
from exchanges.models import Agreement, Round
from parcels.workers.batches import Stop
from people import actors

# A round that has closed goes on only for what waits in it; what has left keeps its terms anyway. Both its
# offices must have signed: nobody is bound by what others agreed.
_DUE: Final = """
SELECT DISTINCT ON (r.id) r.id, s.id
  FROM exchanges_round r JOIN exchanges_agreement a ON a.id = r.agreement_id
  JOIN exchanges_agreement s ON s.succeeds_id = a.id AND s.status = 'in_force'
  JOIN exchanges_terms t ON t.agreement_id = s.id AND t.status = 'in_force'
  JOIN people_organisation o ON o.id = r.sending_id
 WHERE a.status IN ('expired', 'terminated')
   AND s.valid_from <= (clock_timestamp() AT TIME ZONE o.time_zone)::date
   AND (s.valid_until IS NULL OR s.valid_until >= (clock_timestamp() AT TIME ZONE o.time_zone)::date)
   AND (SELECT count(*) FROM exchanges_agreement_signatories g
         WHERE g.agreement_id = s.id AND g.organisation_id IN (r.sending_id, r.holding_id)) = 2
   AND (r.status IN ('proposed', 'agreed', 'lists_exchanged', 'collecting', 'postponed')
        OR (r.status = 'closed' AND EXISTS (
            SELECT FROM parcels_parcel p WHERE p.round_id = r.id
               AND p.status IN ('registered', 'accepted', 'in_review', 'refused', 'cleared', 'packed'))))
 ORDER BY r.id, s.valid_from DESC, s.id
"""


def carry_over_all(stop: Stop) -> int:
    """Return how many rounds went over."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        due = cursor.fetchall()
    rounds = Round.objects.in_bulk([round_ for round_, _ in due])
    successors = Agreement.objects.in_bulk([successor for _, successor in due])
    done = 0
    for round_id, successor in due:
        if stop():
            break
        round_ = rounds[round_id]
        done += carry_over(round_, successors[successor], by=actors.worker(round_.sending_id))
    return done
