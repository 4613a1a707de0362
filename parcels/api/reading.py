"""GET /api/v1/parcels/: the list, one parcel, and its movements."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from parcels import access, codes, places
from parcels.api import declaring
from parcels.api.shapes import MovementSerializer, ParcelRowSerializer, ParcelSerializer, findings_of
from parcels.assessment import Explained, explain
from parcels.declared import declared_items, declared_people
from parcels.filters import ParcelFilter
from parcels.models import Movement, Parcel
from people.actors import Actor
from people.acts import Act
from people.api import Calls, Pages, language
from people.audit import record
from people.oauth import actor_of
from people.opening import How, opened
from people.problems import Problem


class ParcelPages(Pages):
    ordering = "number"


class MovementPages(Pages):
    ordering = "number"
    place = re.compile(r"[0-9]{1,9}", re.ASCII)


@extend_schema_view(
    get=extend_schema(operation_id="parcels_list", summary="The parcels of your organisation's rounds"),
    post=extend_schema(
        operation_id="parcels_create",
        summary="Declare a parcel",
        description="The same external_id with the same content is answered with the same number and code.",
        request=declaring.DeclarationSerializer,
        responses={201: declaring.DeclaredSerializer, 200: declaring.DeclaredSerializer},
    ),
)
class Parcels(Calls, generics.ListAPIView[Parcel]):
    scopes: ClassVar = {"GET": "parcels:read", "POST": "parcels:write"}
    needs_key = True
    problems_of: ClassVar = {"POST": ("not-now", "external-id-reused")}
    queryset = Parcel.objects.none()  # for the description only: what is listed depends on the reader
    serializer_class = ParcelRowSerializer
    pagination_class = ParcelPages
    filterset_class = ParcelFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.filter_queryset(access.parcels(actor_of(request), timezone.now()))
        page = self.paginate_queryset(rows) or []
        told = [_row(parcel, actor_of(request)) for parcel in page]
        return self.get_paginated_response(ParcelRowSerializer(told, many=True).data)

    def post(self, request: Request) -> Response:
        return declaring.create(request)


NUMBER = {"type": "string", "pattern": "^PZ[0-9]{9}ZZ$"}
_NUMBER = OpenApiParameter("number", NUMBER, OpenApiParameter.PATH, description="As printed")


class OneParcel(Calls):
    scopes: ClassVar = {"GET": "parcels:read"}
    problems_of: ClassVar = {"GET": ("not-found", "precondition-failed")}

    @extend_schema(
        operation_id="parcels_retrieve",
        summary="One parcel, as far as your organisation sees it",
        parameters=[_NUMBER, OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: ParcelSerializer, 304: OpenApiResponse(description="It is as you know it")},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        actor, now = actor_of(request), timezone.now()
        parcel = find(actor, number, now)
        data = ParcelSerializer(_whole(parcel, actor, now)).data
        return _unless_known(request, Response(data))


class Movements(Calls, generics.ListAPIView[Movement]):
    scopes: ClassVar = {"GET": "parcels:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}
    serializer_class = MovementSerializer
    pagination_class = MovementPages
    filter_backends = ()

    @extend_schema(
        operation_id="parcels_movements_list",
        summary="What happened to a parcel, oldest first, as far as your organisation sees it",
        parameters=[_NUMBER],
    )
    def get(self, request: Request, number: str) -> Response:
        actor, now = actor_of(request), timezone.now()
        parcel = find(actor, number, now)
        page = self.paginate_queryset(access.movements(actor, parcel, now)) or []
        seen = access.sight(actor, parcel)
        opener = places.Opener(parcel.pk, parcel.round_id)
        rows = [_movement(each, parcel, actor, seen, opener) for each in page]
        if any(access.tells_route(row["details"] or {}) for row in rows):
            _record_look(actor, parcel)
        return self.get_paginated_response(MovementSerializer(rows, many=True).data)


def find(actor: Actor, number: str, now: datetime) -> Any:
    if not codes.is_number(number):
        raise Http404
    rows = access.parcels(actor, now).select_related("round__sending", "consignment", "sender__key")
    return get_object_or_404(rows, number=number)


def _row(parcel: Any, actor: Actor) -> dict[str, Any]:
    """Return what every party sees; `parcel` comes from `access.parcels`."""
    seen = access.sight(actor, parcel)
    return {
        "number": parcel.number,
        "round": parcel.round.reference,
        "external_id": parcel.external_id if parcel.organisation_id == actor.organisation_id else None,
        "status": parcel.seen_status,
        "since_on": access.date_at_office(parcel.seen_since, parcel),
        "updated_at": None if seen.published_only else parcel.seen_at,
        "declared_mass_g": parcel.declared_mass_g,
        "gross_mass_g": parcel.gross_mass_g,
    }


def _whole(parcel: Any, actor: Actor, now: datetime) -> dict[str, Any]:
    seen = access.sight(actor, parcel)
    people = declared_people(parcel, as_declared=seen.published_only)
    consignment = parcel.consignment if seen.route else None
    if consignment is not None:
        _record_look(actor, parcel)
    _record_people(actor, parcel, with_sender=seen.sender)
    return {
        **_row(parcel, actor),
        "sender": people.sender if seen.sender else None,
        "recipient": people.recipient,
        "items": declared_items(parcel, as_declared=seen.published_only) if seen.contents else None,
        "findings": _findings(actor, parcel, now) if seen.contents else None,
        "consignment": consignment and consignment.number,
        "seal": (consignment and consignment.seal) or None,
    }


def _findings(actor: Actor, parcel: Parcel, now: datetime) -> list[dict[str, Any]]:
    return findings_of(
        Explained(each.line, each.category, each.verdict, *explain(each.rule, each.code, language()))
        for each in access.findings(actor, parcel, now)
    )


def _movement(
    movement: Any, parcel: Parcel, actor: Actor, seen: access.Sight, opener: places.Opener
) -> dict[str, Any]:
    if seen.published_only:
        since_on = access.date_at_office(movement.public_from, parcel)
        return dict.fromkeys(MovementSerializer().fields) | {"status": movement.shown, "since_on": since_on}
    is_own = movement.organisation_id == actor.organisation_id
    return {
        "number": movement.place,
        "move": movement.shown_move,
        "status": movement.shown,
        "since_on": access.date_at_office(movement.recorded_at, parcel),
        "happened_at": movement.happened_at,
        "recorded_at": movement.recorded_at,
        "organisation": movement.organisation.code,
        "actor": movement.actor,
        "external_id": movement.external_id if is_own else None,
        "details": access.details(actor, movement, seen, opener),
    }


def _record_look(actor: Actor, parcel: Parcel) -> None:
    """Every look at a route is recorded."""
    record(actor, Act.SEE_ROUTE, "parcel", parcel.pk)


def _record_people(actor: Actor, parcel: Parcel, *, with_sender: bool) -> None:
    """An office knows whom it has declared itself; to every other office they are people it opens."""
    if parcel.organisation_id == actor.organisation_id:
        record(actor, Act.SEE_NAMES, "parcel", parcel.pk)
    else:
        ends = [parcel.recipient_id, parcel.sender_id] if with_sender else [parcel.recipient_id]
        opened(actor, ends, How.READ)


def _unless_known(request: Request, response: Response) -> HttpResponse:
    """Answer 304 to one who has exactly this. The tag is made from what is seen and from nothing else."""
    text = json.dumps(response.data, cls=DjangoJSONEncoder, sort_keys=True)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = tag
    answer: HttpResponse | None = get_conditional_response(request._request, tag, None, response)
    if answer is None or answer.status_code == 412:
        raise Problem("precondition-failed")
    return answer
