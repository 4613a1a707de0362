"""GET /api/v1/agreements/."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access
from exchanges.api.looking_up import ReferencePages, one
from exchanges.models import Agreement, Terms
from exchanges.serializers import AgreementRowSerializer, AgreementSerializer, agreement_of, terms_of
from people.api import Calls, language
from people.oauth import actor_of


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
        agreement: Any = one(rows, reference)
        terms = terms_of(agreement.now[0], language()) if agreement.now else None
        return Response(AgreementSerializer({**agreement_of(agreement, language()), "terms": terms}).data)
