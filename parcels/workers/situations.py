"""What the addressee's situation means for their parcels: follow what an office recorded, each event once.

Only the event in force (`people.standing`: well founded, and of the latest day) moves or freezes; a newer
word that is not in force, as that of one side alone, makes a person look. Every movement carries the
situation, so a family reads it when a liaison has released it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import connection

from parcels.lifecycle import END, Status
from parcels.workers.acts import Acts
from parcels.workers.batches import Work
from people import situations, standing

FLAG: Final = ("flag",)
FREEZE: Final = ("freeze",)

_GONE: Final = frozenset({"exchanged", "released"})
_HOMEWARD: Final[Mapping[Status, tuple[str, ...]]] = {
    Status.REGISTERED: ("cancel",),
    Status.ACCEPTED: ("send_back",),
    Status.IN_REVIEW: ("send_back",),
    Status.REFUSED: ("send_back",),
    Status.CLEARED: ("send_back",),
    Status.PACKED: ("unpack", "send_back"),
}


def response(situation: str, status: Status, *, sealed: bool, frozen: bool) -> tuple[str, ...]:
    """Return the moves to make, in order; FLAG or FREEZE where there are none to make.

    :param sealed: it is in a consignment that only a dispatcher opens
    """
    if situation == "deceased" and (status in _HOMEWARD or status == Status.UNDELIVERABLE):
        return FREEZE
    if situation in _GONE and not frozen and not (status == Status.PACKED and sealed):
        return _HOMEWARD.get(status, FLAG)
    return FLAG


_QUIET: Final = ", ".join(f"'{situation}'" for situation in sorted(standing.QUIET))
_ENDED: Final = ", ".join(f"'{status}'" for status in sorted(END))
# Words about a parcel's addressee: on the record it was sent to, and on those that its sending office holds
# to be the same person, whosever they are.
_WORDS: Final = f"""
WITH said AS (
    SELECT p.id AS parcel_id, e.id, e.situation, e.stated_by, e.happened_on
      FROM parcels_parcel p JOIN people_situationevent e ON e.person_id = p.recipient_id
     WHERE p.status NOT IN ({_ENDED})
     UNION
    SELECT p.id, e.id, e.situation, e.stated_by, e.happened_on
      FROM people_situationevent e JOIN people_groupmember g ON g.person_id = e.person_id
      JOIN people_groupmember also ON (also.office_id, also.head_id) = (g.office_id, g.head_id)
      JOIN parcels_parcel p ON p.recipient_id = also.person_id
      JOIN exchanges_round r ON r.id = p.round_id AND r.sending_id = g.office_id
     WHERE p.status NOT IN ({_ENDED})
)
"""
# The newest word counts beside the one in force: a person looks at what is not well founded, or out of its
# order. That somebody was captured once is no news of where they are now.
_FROM: Final = f"""
  FROM (SELECT parcel_id, max(id) AS newest FROM said
         WHERE situation <> 'captured' GROUP BY parcel_id) AS word
  LEFT JOIN ({situations.in_force("said", of="parcel_id")}) AS founded USING (parcel_id)
  JOIN said e ON e.parcel_id = word.parcel_id AND e.id IN (word.newest, founded.id)
       AND e.situation NOT IN ({_QUIET})
  JOIN parcels_parcel p ON p.id = word.parcel_id
  JOIN exchanges_round r ON r.id = p.round_id
  LEFT JOIN parcels_consignment c ON c.id = p.consignment_id
 WHERE NOT EXISTS (SELECT FROM parcels_movement m
                    WHERE m.parcel_id = p.id AND m.details -> 'event' = to_jsonb(e.id))
"""
_DUE: Final = f"{_WORDS} SELECT p.id {_FROM}"
_LOAD: Final = f"""{_WORDS}
SELECT p.number, p.status, COALESCE(c.status <> 'open', false), p.frozen, r.sending_id,
       e.id, e.situation, e.id IS NOT DISTINCT FROM founded.id {_FROM} AND p.id = ANY(%s) ORDER BY p.id, e.id
"""


def follow(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [ids])
        rows = cursor.fetchall()
    acts = Acts(now)
    for number, status, sealed, frozen, organisation, event, situation, in_force in rows:
        details = {"situation": situation, "event": event}
        does = response(situation, Status(status), sealed=sealed, frozen=frozen)
        if not in_force or does == FLAG:
            acts.flag(organisation, number, **details)
        elif does == FREEZE:
            acts.freeze(organisation, number, **details)
        else:
            for move in does:
                acts.move(organisation, number, move, reason="situation", **details)
    acts.carry_out()


WORK: Final = Work("situation", _DUE, follow)
