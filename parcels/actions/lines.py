"""Lines whose pieces are taken out, described anew, or put back.

What was declared stays as it was declared. Pieces that turn out to be something else leave their line and
stand as a new line after the last one: its words are sealed like the declared ones, and the movement keeps
the two numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.db import connection

from parcels.actions.holding import Held
from parcels.actions.steps import Refused, Step
from parcels.actions.surroundings import Surroundings
from parcels.actions.telling import is_code
from parcels.actions.undoing import Counting
from parcels.actions.writing import Made
from parcels.assessment import categories
from parcels.declarations import LINE_PLACE, MOST_TEXT, DeclaredLine, line_row
from parcels.models import Line, Parcel
from people import vault

MOVES_ON_LINES: Final = frozenset({"accept", "amend", "admit"})
_DESCRIBE: Final = frozenset({"accept", "amend"})
_ANEW: Final = Line.Fate.DESCRIBED_ANEW.value


def told(step: Step, held: Held, around: Surroundings) -> Mapping[str, Any]:
    """Return what the movement keeps: beside the step's details, which line is described anew, and where.

    :raises Refused: validation, where a line is not there, has no pieces left, or is told without words
    """
    if "lines_described" in step.details or (step.described and step.move not in _DESCRIBE):
        raise Refused("validation", "lines_described")
    if not step.described:
        return step.details
    left = _left(step, held, around)
    kept = []
    for number, each in enumerate(step.described, max(left, default=0) + 1):
        pieces = left.pop(each.line, 0)  # each line once
        if pieces <= 0 or not is_code(each.description, MOST_TEXT):
            raise Refused("validation", "lines_described")
        kept.append({"line": each.line, "count": pieces, "now": number})
    return {**step.details, "lines_described": kept}


def _left(step: Step, held: Held, around: Surroundings) -> dict[int, int]:
    """Return the pieces of each line that this step does not take out; `conditions` has judged those."""
    left, details = dict(around.pieces.get(held.id, {})), dict[str, Any](step.details)
    for entry in details.get("lines_removed") or ():
        left[entry["line"]] -= entry["count"]
    return left


def change(made: Sequence[Made]) -> None:
    """Take pieces out of their lines, and add the lines that describe some anew."""
    _change((each.held.id, *change) for each in made for change in _changes(each.details))
    if anew := [each for each in made if each.step.described]:
        Line.objects.bulk_create(_new_lines(anew))


def put_back(undone: Iterable[tuple[int, Counting]]) -> None:
    """Undo what these movements did, given as (parcel, movement): a line described anew is empty again."""
    _change(
        (parcel, *change)
        for parcel, movement in undone
        if movement.move in MOVES_ON_LINES
        for change in _undoing(movement.details)
    )


def _undoing(details: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    yield from ((line, -count, fate) for line, count, fate in _changes(details))
    for entry in details.get("lines_described") or ():
        yield entry["now"], entry["count"], _ANEW


def _changes(details: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    for entry in details.get("lines_removed") or ():
        yield entry["line"], entry["count"], entry["fate"]
    for entry in details.get("lines_described") or ():
        yield entry["line"], entry["count"], _ANEW


def _new_lines(made: Sequence[Made]) -> Iterator[Line]:
    parcels = Parcel.objects.select_related("sender__key").in_bulk([each.held.id for each in made])
    lines = Line.objects.filter(parcel__in=parcels).values_list("parcel_id", "number", "unit_mass_g")
    masses = {(parcel, line): mass for parcel, line, mass in lines}
    for each in made:
        sender = parcels[each.held.id].sender
        key = vault.unwrap(sender.key.wrapped, row=sender.pk)
        kept = each.details["lines_described"]
        for described, entry in zip(each.step.described, kept, strict=True):
            mass = described.unit_mass_g or masses[each.held.id, described.line]
            line = DeclaredLine(described.description, entry["count"], mass)
            category, also, exact = categories(line)
            yield Line(
                parcel_id=each.held.id,
                number=entry["now"],
                described_at=each.number,
                sealed_description=vault.seal(
                    key, line.description, place=LINE_PLACE, row=line_row(each.held.id, entry["now"])
                ),
                category=category,
                also=also,
                exact=exact,
                quantity=line.quantity,
                unit_mass_g=mass,
            )


_CHANGE: Final = """
UPDATE parcels_line l
   SET removed = l.removed + t.count,
       fate = CASE WHEN l.removed + t.count = 0 THEN 'kept' WHEN t.count < 0 THEN l.fate ELSE t.fate END
  FROM (SELECT parcel, line, sum(count)::int AS count, max(fate) AS fate
          FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::text[]) AS u (parcel, line, count, fate)
         GROUP BY parcel, line) t
 WHERE (l.parcel_id, l.number) = (t.parcel, t.line)
"""


def _change(changes: Iterable[tuple[int, int, int, str]]) -> None:
    """Take so many pieces out of a parcel's line, or put them back where the number is below zero."""
    rows = list(changes)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, [list(column) for column in zip(*rows, strict=True)])
