"""GET /api/v1/rounds/."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access
from exchanges.api.looking_up import ReferencePages, one
from exchanges.models import Round
from exchanges.serializers import RoundSerializer, round_of
from people.actors import Actor
from people.api import Calls
from people.oauth import actor_of


@extend_schema_view(get=extend_schema(operation_id="rounds_list", summary="The rounds of your organisation"))
class Rounds(Calls, generics.ListAPIView[Round]):
    scopes: ClassVar = {"GET": "agreements:read"}
    serializer_class = RoundSerializer
    pagination_class = ReferencePages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Round]:
        return access.rounds(actor_of(self.request))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = [_round(round_, actor_of(request)) for round_ in page]
        return self.get_paginated_response(RoundSerializer(rows, many=True).data)


class OneRound(Calls):
    scopes: ClassVar = {"GET": "agreements:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(operation_id="rounds_retrieve", summary="One round", responses=RoundSerializer)
    def get(self, request: Request, reference: str) -> Response:
        actor = actor_of(request)
        return Response(RoundSerializer(_round(one(access.rounds(actor), reference), actor)).data)


def _round(round_: Round, actor: Actor) -> dict[str, Any]:
    return round_of(round_, with_neutral=access.sees_intermediary(actor, round_))
