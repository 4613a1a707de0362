"""POST /api/v1/parcels/: declaring a parcel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access as exchanges_access
from exchanges.models import Round
from parcels import access, receipt_codes
from parcels.actions import Refused, Registered, register
from parcels.api.shapes import STATUSES, FindingSerializer, findings_of
from parcels.assessment import assess
from parcels.declarations import MOST_MASS_G, MOST_PIECES, MOST_TEXT, Declaration, DeclaredLine
from parcels.lifecycle import Status
from people.actions import Telling
from people.actors import Actor
from people.api import language
from people.fields import EMAIL, BornOn, Code, Match, Strict, Text, Whole
from people.idempotency import Body, Reply, once
from people.oauth import actor_of
from people.problems import Problem, invalid

MOST_LINES: Final = 60


def grams(**kwargs: Any) -> Whole:
    return Whole(min_value=1, max_value=MOST_MASS_G, **kwargs)


class ItemSerializer(Strict):
    description = Text(max_length=MOST_TEXT, help_text="As the family writes it, in ru, uk or en")
    category = Match(
        r"^[A-Z][A-Z_]{1,29}$", required=False, help_text="Where it is known; else read from the description"
    )
    quantity = Whole(min_value=1, max_value=MOST_PIECES)
    unit_mass_g = grams(help_text="Grams a piece")


class SenderSerializer(Strict):
    name = Text(max_length=200)
    born_on = BornOn(required=False)
    phone = Text(max_length=40, required=False)
    email = Match(EMAIL, max_length=254, required=False)
    relationship = Text(max_length=60, required=False)


class RecipientSerializer(Strict):
    name = Text(max_length=200)
    born_on = BornOn(required=False)
    service_number = Text(max_length=40, required=False)
    external_id = Code(max_length=100, required=False, help_text="Under which you keep this person")


_EXAMPLE: Final = {
    "round": "december",
    "external_id": "row-17",
    "sender": {"name": "Olha Example", "phone": "+00 000 000", "relationship": "mother"},
    "recipient": {"name": "Pavlo Example", "born_on": "1990-04", "service_number": "S-17"},
    "items": [{"description": "тёплые носки", "quantity": 3, "unit_mass_g": 90}],
    "declared_mass_g": 6200,
}


@extend_schema_serializer(examples=[OpenApiExample("A parcel", value=_EXAMPLE, request_only=True)])
class DeclarationSerializer(Strict):
    round = Code(max_length=20)
    external_id = Code(max_length=100)
    sender = SenderSerializer()
    recipient = RecipientSerializer()
    items = ItemSerializer(many=True, allow_empty=False, max_length=MOST_LINES)  # type: ignore[call-arg]
    declared_mass_g = grams()


class DeclaredSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    round = serializers.CharField()
    external_id = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    declared_mass_g = serializers.IntegerField()
    verdict = serializers.CharField(help_text="What the terms say of the declaration: the strictest finding")
    findings = FindingSerializer(many=True)
    receipt_code = serializers.CharField(
        allow_null=True,
        help_text="The family's: whoever has it reads where the parcel is. Null once that is handed over.",
    )


def create(request: Request) -> Response:
    shape = DeclarationSerializer(data=request.data)
    actor, now = actor_of(request), timezone.now()

    def write() -> Reply:
        shape.is_valid(raise_exception=True)
        return _register(shape.validated_data, actor, now)

    def complete(body: Body) -> Body:
        return {**body, "receipt_code": _receipt_code(body["number"], actor, now)}

    response = once(request, write, complete=complete)
    response["Location"] = f"/api/v1/parcels/{response.data['number']}/"
    return response


def _register(data: Mapping[str, Any], actor: Actor, now: datetime) -> Reply:
    round_ = exchanges_access.rounds(actor).filter(reference=data["round"]).first()
    if round_ is None:
        raise invalid("#/round", "There is no such round.")
    made = _once_more_if_another_was_first(declaration_of(data), round_, actor, now)
    if made.problem:
        raise Problem(made.problem)
    status = access.parcels(actor, now).values_list("seen_status", flat=True).get(number=made.number)
    declared = assess(
        lines_of(data["items"]), round_.terms, mass_g=data["declared_mass_g"], language=language()
    )
    return Reply(
        201 if made.result == "created" else 200,
        {
            "number": made.number,
            "round": round_.reference,
            "external_id": data["external_id"],
            "status": status,
            "declared_mass_g": data["declared_mass_g"],
            "verdict": declared.verdict,
            "findings": findings_of(declared.findings),
        },
    )


def _once_more_if_another_was_first(
    declaration: Declaration, round_: Round, actor: Actor, now: datetime
) -> Registered:
    """Register; where the same external_id came in at the same moment by another request, see what it did."""
    for is_last in (False, True):
        try:
            with transaction.atomic():
                (made,) = register([declaration], round_=round_, by=actor, now=now)
                return made
        except IntegrityError:
            if is_last:
                raise
        except Refused as refused:
            raise Problem(refused.problem, refused.detail) from None
    raise AssertionError


def declaration_of(data: Mapping[str, Any]) -> Declaration:
    sender, recipient = data["sender"], data["recipient"]
    contact = {key: sender[key] for key in ("phone", "email") if key in sender}
    return Declaration(
        data["external_id"],
        Telling("sender", sender["name"], sender.get("born_on"), contact=contact or None),
        Telling(
            "prisoner",
            recipient["name"],
            recipient.get("born_on"),
            recipient.get("service_number"),
            external_id=recipient.get("external_id"),
        ),
        lines_of(data["items"]),
        relationship=sender.get("relationship"),
        declared_mass_g=data["declared_mass_g"],
    )


def lines_of(items: list[Mapping[str, Any]]) -> list[DeclaredLine]:
    return [
        DeclaredLine(item["description"], item["quantity"], item["unit_mass_g"], item.get("category"))
        for item in items
    ]


# Once a parcel is with the holding side its code is given anew only by two officers.
_CODE_IS_GIVEN_AGAIN: Final = frozenset(
    {
        Status.REGISTERED, Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED, Status.CLEARED, Status.PACKED,
        Status.DISPATCHED, Status.WITH_INTERMEDIARY,
    }
)  # fmt: skip


def _receipt_code(number: str, actor: Actor, now: datetime) -> str | None:
    """Make the code again from the parcel's seed: it is kept nowhere, and in no saved reply."""
    rows = access.parcels(actor, now).values_list("seed", "code_key_version", "seen_status")
    seed, version, status = rows.get(number=number)
    if status not in _CODE_IS_GIVEN_AGAIN:
        return None
    return receipt_codes.code_of(seed, version)
