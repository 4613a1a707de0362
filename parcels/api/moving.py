"""POST /api/v1/moves/: one move or five thousand, in one call of `advance`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from parcels import access, bell
from parcels.actions import Described, Result, Step, advance
from parcels.actions.conditions import FATES
from parcels.api.declaring import MOST_LINES, grams
from parcels.api.shapes import STATUSES
from parcels.declarations import MOST_PIECES, MOST_TEXT
from parcels.lifecycle import COMPLETE, EVIDENCE, EXAMINED_BEFORE, MOVES
from people.actors import Actor
from people.api import Calls
from people.fields import Code, Moment, Strict, Text, Whole
from people.idempotency import Reply, once
from people.oauth import actor_of
from people.problems import KINDS, invalid

MOST_MOVES: Final = 5_000


class RemovedSerializer(Strict):
    line = Whole(min_value=1, max_value=MOST_LINES)
    count = Whole(min_value=1, max_value=MOST_PIECES)
    reason = Code(max_length=40)
    fate = serializers.ChoiceField(choices=FATES)


class DescribedSerializer(Strict):
    """A line that holds something else than was declared: all its pieces are described anew."""

    line = Whole(min_value=1, max_value=MOST_LINES)
    description = Text(max_length=MOST_TEXT, help_text="In ru, uk or en")
    unit_mass_g = grams(required=False)


class MoveSerializer(Strict):
    """A move and what it must tell; which details a move needs is told by its problem `missing-detail`."""

    parcel = Code(max_length=40, help_text="Its number")
    move = Code(max_length=40, help_text=", ".join(MOVES))
    happened_at = Moment()
    external_id = Code(max_length=100, help_text="Yours, one for each move: a repeat is harmless")

    gross_mass_g = grams(required=False)
    place = Code(required=False)
    reason = Code(max_length=60, required=False, help_text="A code, never words about people")
    findings = serializers.ListField(child=Code(max_length=40), max_length=MOST_LINES, required=False)
    lines_removed = RemovedSerializer(many=True, max_length=MOST_LINES, required=False)  # type: ignore[call-arg]
    lines_described = DescribedSerializer(many=True, max_length=MOST_LINES, required=False)  # type: ignore[call-arg]
    rules_version = Whole(min_value=1, max_value=32_767, required=False)
    consignment = Code(max_length=20, required=False)
    seal = Code(max_length=40, required=False)
    old_seal = Code(max_length=40, required=False)
    new_seal = Code(max_length=40, required=False)
    act = Code(required=False)
    examined_before = serializers.ChoiceField(choices=EXAMINED_BEFORE, required=False)
    evidence = serializers.ChoiceField(choices=EVIDENCE, required=False)
    complete = serializers.ChoiceField(choices=COMPLETE, required=False)
    said_by = Code(max_length=40, required=False)
    method = Code(max_length=40, required=False)
    where = Code(max_length=20, required=False, help_text="The status a missing parcel is found in")
    on_behalf_of = Code(max_length=40, required=False, help_text="A partner's code, whose fact this is")
    document = Code(required=False)
    last_holder = Code(max_length=40, required=False)
    searched = Code(required=False)
    corrects = Whole(min_value=1, max_value=2**31 - 1, required=False)


_MOVES_EXAMPLE: Final = {
    "moves": [
        {
            "parcel": "PZ473124829ZZ",
            "move": "accept",
            "happened_at": "2026-11-22T09:30:00Z",
            "external_id": "scan-1",
            "gross_mass_g": 6140,
            "place": "counter 1",
        }
    ]
}


@extend_schema_serializer(examples=[OpenApiExample("A parcel is accepted", value=_MOVES_EXAMPLE)])
class MovesSerializer(Strict):
    moves = MoveSerializer(many=True, max_length=MOST_MOVES)  # type: ignore[call-arg]


class MadeSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="The move's place in the request, from 0")
    parcel = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    result = serializers.ChoiceField(choices=["moved", "repeated", "observed", "refused"])
    number = serializers.IntegerField(allow_null=True, help_text="Of the movement that was recorded")
    status = serializers.ChoiceField(choices=STATUSES, allow_null=True)
    problem = serializers.ChoiceField(choices=list(KINDS), allow_null=True)


class ResultsSerializer(serializers.Serializer[Any]):
    results = MadeSerializer(many=True)


class Moves(Calls):
    scopes: ClassVar = {"POST": "moves:write"}
    needs_key = True

    @extend_schema(
        operation_id="moves_create",
        summary="Move parcels",
        description="Each parcel moves by itself; what could not be done stands in its row, with its problem."
        " Several moves of one parcel apply in the order given, all of them or none.",
        request=MovesSerializer,
        responses={200: ResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        asked, actor, now = request.data, actor_of(request), timezone.now()
        return once(request, lambda: Reply(200, {"results": _move(_rows(asked), actor, now)}))


def _rows(asked: Any) -> Sequence[Any]:
    """:raises Problem: unless this is an object with a list of at most 5,000 moves and nothing else."""
    rows = asked.get("moves") if isinstance(asked, Mapping) else None
    if not isinstance(rows, list):
        raise invalid("#/moves", "A list of moves.")
    if unknown := sorted(asked.keys() - {"moves"}):
        raise invalid(f"#/{unknown[0]}", "There is no such field.")
    if len(rows) > MOST_MOVES:
        raise invalid("#/moves", f"At most {MOST_MOVES} moves.")
    return rows


def _move(rows: Sequence[Any], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    steps = _steps(rows)
    made = _once_more_if_another_was_first(list(steps.values()), actor, now)
    bell.ring_after(made)
    seen = dict(zip(steps, access.as_seen(made, actor, now), strict=True))
    return [_told(index, row, seen.get(index)) for index, row in enumerate(rows)]


_CORE: Final = ("parcel", "move", "happened_at", "external_id")


def _steps(rows: Sequence[Any]) -> dict[int, Step]:
    """Return by its place each row that has the form of a move."""
    shape, steps = MoveSerializer(), {}
    for index, row in enumerate(rows):
        try:
            told = shape.run_validation(row)
        except serializers.ValidationError:
            continue
        parcel, move, happened_at, external_id = (told.pop(key) for key in _CORE)
        described = [Described(**each) for each in told.pop("lines_described", ())]
        steps[index] = Step(parcel, move, happened_at, external_id, told, described=described)
    return steps


def _once_more_if_another_was_first(steps: list[Step], actor: Actor, now: datetime) -> list[Result]:
    """Advance; where the same external_id came in at the same moment for another parcel, see what it did."""
    try:
        with transaction.atomic():
            return advance(steps, by=actor, now=now)
    except IntegrityError:
        with transaction.atomic():
            return advance(steps, by=actor, now=now)


def _told(index: int, row: Any, made: Result | None) -> dict[str, Any]:
    named = row if isinstance(row, Mapping) else {}
    parcel, external_id = named.get("parcel"), named.get("external_id")
    return {
        "index": index,
        "parcel": parcel if isinstance(parcel, str) else None,
        "external_id": external_id if isinstance(external_id, str) else None,
        "result": made.result if made else "refused",
        "number": made.number if made else None,
        "status": made.status if made else None,
        "problem": made.problem if made else "validation",
    }
