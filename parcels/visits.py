"""What prisoners said of parcels at visits, held against the parcels there are.

A number is placed where its parcel is of a round of the visit's agreement, towards the side that was
visited, and for the prisoner who spoke of it. Two records of one office are two people; across offices that
is not known, so there it is enough that the addressee is nobody else who was to be seen. Every other number
is a stray, for whatever cause.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

PLACED: Final = """
  FROM exchanges_reportedparcel l
  JOIN exchanges_reportedperson told ON told.id = l.reported_id
  JOIN exchanges_visitreport report ON report.id = told.report_id
  JOIN exchanges_visit v ON v.id = report.visit_id
  JOIN people_organisation visitor ON visitor.id = v.visited_by_id
  JOIN people_organisation host ON host.id = v.host_id
  JOIN people_person spoke ON spoke.id = told.person_id
  JOIN parcels_parcel p ON p.number = l.parcel_number
  JOIN people_person addressee ON addressee.id = p.recipient_id
  JOIN exchanges_round r ON r.id = p.round_id AND r.agreement_id = v.agreement_id
  JOIN people_organisation sending ON sending.id = r.sending_id
  JOIN people_organisation holding ON holding.id = r.holding_id
   AND (holding.id = host.id OR holding.party_id = host.party_id)
   AND (spoke.id = addressee.id
        OR (spoke.organisation_id <> addressee.organisation_id
            AND NOT EXISTS (SELECT FROM exchanges_visitperson other
                             WHERE (other.visit_id, other.person_id) = (v.id, addressee.id))))
"""
_STRAYS: Final = f"""
SELECT said.id FROM exchanges_reportedparcel said
  JOIN exchanges_reportedperson whose ON whose.id = said.reported_id
  JOIN exchanges_visitreport told_in ON told_in.id = whose.report_id
 WHERE told_in.visit_id = %s AND NOT EXISTS (SELECT {PLACED} WHERE l.id = said.id)
"""


def strays(visit_id: int) -> set[int]:
    """Return the ids of what a visit's reports tell of numbers that cannot be placed."""
    with connection.cursor() as cursor:
        cursor.execute(_STRAYS, [visit_id])
        return {line for (line,) in cursor.fetchall()}
