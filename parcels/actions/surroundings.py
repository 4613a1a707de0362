"""What some moves need to know beside the parcel itself: one query a kind of need, never one a parcel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from exchanges.models import SettledAddressee
from parcels.actions.holding import Held
from parcels.actions.steps import Step
from parcels.actions.telling import is_code
from parcels.actions.undoing import Counting, counting, packed_into
from parcels.models import Consignment, Line

_TOUCHES_CONSIGNMENT: Final = frozenset({"pack", "unpack", "dispatch", "entrust", "hand_over", "correct"})


@dataclass(slots=True)
class Surroundings:
    consignments: dict[str, Consignment] = field(default_factory=dict)
    by_id: dict[int, Consignment] = field(default_factory=dict)
    # Consignments all of whose packed parcels are asked to leave in this call.
    whole: set[int] = field(default_factory=set)
    # Packed parcels that do not leave before they are screened under new terms.
    outdated: set[int] = field(default_factory=set)
    settled: set[tuple[int, int]] = field(default_factory=set)
    pieces: dict[int, dict[int, int]] = field(default_factory=dict)
    reported_by: dict[int, int] = field(default_factory=dict)
    # The movements that count, of parcels that are corrected or found.
    life: dict[int, list[Counting]] = field(default_factory=dict)
    used_seals: set[str] = field(default_factory=set)
    # By consignment, the seal with which this call closes it again.
    resealed: dict[int, str] = field(default_factory=dict)

    def undone(self, parcel: int) -> Counting | None:
        """Return what a correction undoes: the last movement that counts."""
        life = self.life.get(parcel)
        return life[-1] if life else None

    def packed_before(self, parcel: int) -> Consignment:
        """Return the consignment in which it was before its last move."""
        return self.consignments[str(packed_into(self.life[parcel][:-1]))]


def look_around(steps: Sequence[Step], held: dict[str, Held]) -> Surroundings:
    """Ask only what the moves in `steps` need."""
    around = Surroundings()
    asked: dict[str, list[Held]] = {}
    for step in steps:
        if parcel := held.get(step.parcel):
            asked.setdefault(step.move, []).append(parcel)
    if looked_back := [*asked.get("correct", ()), *asked.get("find", ())]:
        around.life = counting([parcel.id for parcel in looked_back])
    if asked.keys() & _TOUCHES_CONSIGNMENT:
        _consignments(around, steps, held.values())
    if "dispatch" in asked:
        around.whole = _whole(asked["dispatch"])
        around.outdated = _outdated([parcel.id for parcel in asked["dispatch"]])
    if "pack" in asked:
        around.settled = set(
            SettledAddressee.objects.filter(
                person__in={parcel.recipient for parcel in asked["pack"]}
            ).values_list("person_id", "holding_id")
        )
    if opened := {step.parcel for step in steps if step.details.get("lines_removed") or step.described}:
        around.pieces = _pieces({held[number].id for number in opened & held.keys()})
    if "confirm" in asked:
        around.reported_by = _reported_by(asked["confirm"])
    return around


def _consignments(around: Surroundings, steps: Sequence[Step], held: Collection[Held]) -> None:
    # What is no code names none; its step is refused.
    named = {number for step in steps if is_code(number := step.details.get("consignment"), 20)}
    named |= {
        each.details["consignment"] for life in around.life.values() for each in life if each.move == "pack"
    }
    ids = {parcel.consignment for parcel in held if parcel.consignment is not None}
    # Locked after the parcels, always in this order.
    rows = Consignment.objects.select_for_update().order_by("pk")
    for consignment in (rows.filter(number__in=named) | rows.filter(pk__in=ids)).order_by("pk"):
        around.consignments[consignment.number] = around.by_id[consignment.pk] = consignment
    if new := {seal for step in steps if is_code(seal := step.details.get("new_seal"), 40)}:
        offices = {consignment.organisation_id for consignment in around.by_id.values()}
        used = Consignment.objects.filter(organisation__in=offices, seal__in=new)
        around.used_seals = set(used.values_list("seal", flat=True))


def _pieces(parcels: set[int]) -> dict[int, dict[int, int]]:
    """Return how many pieces are left of each line."""
    pieces: dict[int, dict[int, int]] = {}
    rows = Line.objects.filter(parcel__in=parcels).values_list("parcel_id", "number", "quantity", "removed")
    for parcel, line, quantity, removed in rows:
        pieces.setdefault(parcel, {})[line] = quantity - removed
    return pieces


def _whole(leaving: list[Held]) -> set[int]:
    asked: dict[int, set[int]] = {}
    for parcel in leaving:
        if parcel.consignment is not None:
            asked.setdefault(parcel.consignment, set()).add(parcel.id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT consignment_id, array_agg(id) FROM parcels_parcel"
            " WHERE consignment_id = ANY(%s) AND status = 'packed' GROUP BY consignment_id",
            [list(asked)],
        )
        return {consignment for consignment, ids in cursor.fetchall() if set(ids) <= asked[consignment]}


_OUTDATED: Final = """
SELECT p.id
  FROM parcels_parcel p JOIN exchanges_round r ON r.id = p.round_id
  JOIN exchanges_terms current ON current.id = r.terms_id
  LEFT JOIN LATERAL (SELECT (m.details ->> 'rules_version')::int AS version, m.recorded_at
                       FROM parcels_movement m
                      WHERE m.parcel_id = p.id AND m.details ? 'rules_version' AND m.move <> 'observe'
                      ORDER BY m.number DESC LIMIT 1) AS screened ON true
 WHERE p.id = ANY(%s) AND EXISTS (
       SELECT FROM exchanges_terms t
        WHERE t.agreement_id = current.agreement_id AND t.version <= current.version
          AND t.in_force_at IS NOT NULL AND t.touches = 'not_dispatched'
          AND (r.carried_over_at > COALESCE(screened.recorded_at, '-infinity')
               OR t.version > COALESCE(screened.version, 0) AND EXISTS (
                  SELECT FROM exchanges_terms before
                   WHERE before.agreement_id = t.agreement_id AND before.version < t.version
                     AND before.in_force_at IS NOT NULL)))
"""


def _outdated(leaving: list[int]) -> set[int]:
    """Return those that new terms name which touch all that is not dispatched."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATED, [leaving])
        return {parcel for (parcel,) in cursor.fetchall()}


def _reported_by(confirmed: list[Held]) -> dict[int, int]:
    """Return on whose word each is held to be received."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (m.parcel_id) m.parcel_id, COALESCE(o.id, m.organisation_id)"
            "  FROM parcels_movement m"
            "  LEFT JOIN people_organisation o ON o.code = m.details ->> 'on_behalf_of'"
            " WHERE m.parcel_id = ANY(%s) AND m.move = 'receive' AND NOT EXISTS ("
            "       SELECT FROM parcels_movement c WHERE (c.parcel_id, c.corrects) = (m.parcel_id, m.number))"
            " ORDER BY m.parcel_id, m.number DESC",
            [[parcel.id for parcel in confirmed]],
        )
        return dict(cursor.fetchall())
