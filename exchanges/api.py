"""GET /api/v1/agreements/ and /api/v1/rounds/."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.db.models import Model, Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access
from exchanges.models import Agreement, Round, Terms
from exchanges.serializers import (
    AgreementRowSerializer,
    AgreementSerializer,
    RoundSerializer,
    agreement_of,
    round_of,
    terms_of,
)
from people.actors import Actor
from people.api import Calls, Pages, language
from people.oauth import actor_of

_Row = TypeVar("_Row", bound=Model)


class ReferencePages(Pages):
    ordering = "reference"


@extend_schema_view(
    get=extend_schema(operation_id="agreements_list", summary="The agreements of your organisation")
)
class Agreements(Calls, generics.ListAPIView[Agreement]):
    scopes: ClassVar = {"GET": "agreements:read"}
    serializer_class = AgreementRowSerializer
    pagination_class = ReferencePages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Agreement]:
        return access.agreements(actor_of(self.request)).prefetch_related("signatories")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = [agreement_of(agreement, language()) for agreement in page]
        return self.get_paginated_response(AgreementRowSerializer(rows, many=True).data)


class OneAgreement(Calls):
    scopes: ClassVar = {"GET": "agreements:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(
        operation_id="agreements_retrieve",
        summary="One agreement, with its terms in force and their rules",
        responses=AgreementSerializer,
    )
    def get(self, request: Request, reference: str) -> Response:
        in_force = Terms.objects.filter(status=Terms.Status.IN_FORCE).prefetch_related("rules")
        rows = access.agreements(actor_of(request)).prefetch_related(
            "signatories", Prefetch("terms", in_force, to_attr="now")
        )
        agreement: Any = _one(rows, reference)
        terms = terms_of(agreement.now[0], language()) if agreement.now else None
        return Response(AgreementSerializer({**agreement_of(agreement, language()), "terms": terms}).data)


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
        return Response(RoundSerializer(_round(_one(access.rounds(actor), reference), actor)).data)


def _one(rows: QuerySet[_Row], reference: str) -> _Row:
    if not reference.isprintable():  # PostgreSQL takes no NUL
        raise Http404
    return get_object_or_404(rows, reference=reference)


def _round(round_: Round, actor: Actor) -> dict[str, Any]:
    return round_of(round_, with_neutral=access.sees_intermediary(actor, round_))
