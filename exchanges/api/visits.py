"""GET /api/v1/visits/."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access
from exchanges.api.looking_up import ReferencePages, one
from exchanges.models import Visit
from exchanges.queries import counted
from exchanges.serializers import VisitSerializer, visit_of
from people.api import Calls
from people.oauth import actor_of


@extend_schema_view(
    get=extend_schema(operation_id="visits_list", summary="The visits that your organisation makes or hosts")
)
class Visits(Calls, generics.ListAPIView[Visit]):
    scopes: ClassVar = {"GET": "agreements:read"}
    serializer_class = VisitSerializer
    pagination_class = ReferencePages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Any, Any]:
        return counted(access.visits(actor_of(self.request)))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = [visit_of(visit) for visit in page]
        return self.get_paginated_response(VisitSerializer(rows, many=True).data)


class OneVisit(Calls):
    scopes: ClassVar = {"GET": "agreements:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(operation_id="visits_retrieve", summary="One visit", responses=VisitSerializer)
    def get(self, request: Request, reference: str) -> Response:
        visit = one(counted(access.visits(actor_of(request))), reference)
        return Response(VisitSerializer(visit_of(visit)).data)
