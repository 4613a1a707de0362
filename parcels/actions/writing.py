"""One statement writes movements, publications and statuses together, whatever their number.

The database refuses a movement above its parcel's last number, and a status without its movement: written
in one statement the two never part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from parcels import places
from parcels.actions import binary
from parcels.actions.holding import Held
from parcels.actions.steps import Step
from parcels.actions.telling import as_json
from parcels.lifecycle import CORRECT, Status
from people.actors import Actor


class Made:
    """A movement decided on and not yet written."""

    __slots__ = (
        "by",
        "details",
        "from_status",
        "held",
        "left_consignment",
        "move",
        "number",
        "public_from",
        "status",
        "step",
        "text",
    )

    def __init__(
        self,
        held: Held,
        from_status: Status,
        move: str,
        status: Status,
        step: Step,
        details: Mapping[str, Any],
        by: Actor,
    ) -> None:
        self.held, self.from_status, self.move, self.status = held, from_status, move, status
        self.step, self.details, self.by = step, details, by
        self.text = as_json(details)
        self.number = 0
        self.public_from: datetime | None = None
        self.left_consignment = held.consignment


_WRITE: Final = """
WITH made AS (
    SELECT * FROM unnest(%b::bigint[], %b::int[], %b::text[], %b::text[], %b::text[], %b::timestamptz[],
                         %b::text[], %b::int[], %b::text[], %b::timestamptz[])
        AS t (parcel_id, number, from_status, move, status, happened_at, external_id, corrects, details,
              public_from)
), moved AS (
    INSERT INTO parcels_movement (parcel_id, number, from_status, move, status, happened_at, recorded_at,
                                  organisation_id, actor, staff_id, client_id, external_id, corrects, details)
    SELECT parcel_id, number, from_status, move, status, happened_at, %b::timestamptz,
           %b::bigint, %b::text, %b::bigint, %b::bigint, external_id, corrects, details::jsonb FROM made
), published AS (
    INSERT INTO parcels_publication (parcel_id, number, public_from)
    SELECT parcel_id, number, public_from FROM made WHERE public_from IS NOT NULL
)
UPDATE parcels_parcel p
   SET status = t.status, last_number = t.last_number, status_since = t.since,
       overdue_since = CASE WHEN p.status = t.status THEN p.overdue_since END,
       consignment_id = t.consignment_id, holder_id = t.holder_id, held_from = t.held_from,
       gross_mass_g = t.gross_mass_g
  FROM unnest(%b::bigint[], %b::text[], %b::int[], %b::timestamptz[], %b::bigint[], %b::bigint[], %b::int[],
              %b::int[])
    AS t (id, status, last_number, since, consignment_id, holder_id, held_from, gross_mass_g)
 WHERE p.id = t.id
"""

_FINDINGS: Final = """
INSERT INTO parcels_finding (parcel_id, at_number, line, category, verdict, code, rule_id, terms_id)
SELECT * FROM unnest(%b::bigint[], %b::int[], %b::smallint[], %b::text[], %b::text[], %b::text[],
                     %b::bigint[], %b::bigint[])
"""


def write(made: list[Made], changed: list[Held], now: datetime) -> None:
    if not made:
        return
    by = made[0].by
    texts = _texts(made)
    movements = _columns(
        (
            each.held.id,
            each.number,
            each.from_status.value,
            each.move,
            each.status.value,
            each.step.happened_at,
            each.step.external_id,
            each.details["corrects"] if each.move == CORRECT else None,
            text,
            each.public_from,
        )
        for each, text in zip(made, texts, strict=True)
    )
    parcels = _columns(
        (
            held.id,
            held.status.value,
            held.last_number,
            held.since,
            held.consignment,
            held.holder,
            held.held_from,
            held.gross_mass_g,
        )
        for held in changed
    )
    with binary.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [*movements, now, by.organisation_id, by.kind, by.staff_id, by.client_id, *parcels],
        )
        if findings := [
            (each.held.id, each.number, *finding, each.held.round.terms_id)
            for each in made
            for finding in each.step.findings
        ]:
            cursor.execute(_FINDINGS, _columns(findings))


def _texts(made: list[Made]) -> list[str]:
    """Return what each tells, as it is kept: places on the way sealed under their round's key."""
    rounds = {each.held.round.pk for each in made if places.tells(each.move, each.details)}
    keys = {round_: places.key_for(round_) for round_ in rounds}
    return [
        json.dumps(
            places.sealed(each.details, keys[each.held.round.pk], each.held.id, each.number),
            ensure_ascii=False,
        )
        if places.tells(each.move, each.details)
        else each.text
        for each in made
    ]


def _columns(rows: Any) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
