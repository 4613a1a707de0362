"""GET /api/v1/returns/."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import Count as CountOf
from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from oauth2_provider.models import AccessToken
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access
from exchanges.api.looking_up import ReferencePages, one
from exchanges.models import Count, Return, ReturnPerson
from exchanges.serializers import ReturnRowSerializer, ReturnSerializer, persons_of, return_of
from people.actors import Actor
from people.acts import Act
from people.api import Calls
from people.audit import record
from people.oauth import actor_of
from people.queries import names_of


@extend_schema_view(
    get=extend_schema(operation_id="returns_list", summary="The returns that concern your organisation")
)
class Returns(Calls, generics.ListAPIView[Return]):
    scopes: ClassVar = {"GET": "agreements:read"}
    serializer_class = ReturnRowSerializer
    pagination_class = ReferencePages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Return]:
        return _returns(actor_of(self.request))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = [_return(group, actor_of(request)) for group in page]
        return self.get_paginated_response(ReturnRowSerializer(rows, many=True).data)


class OneReturn(Calls):
    scopes: ClassVar = {"GET": "agreements:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(
        operation_id="returns_retrieve",
        summary="One return; with people:read, who is named on it",
        responses=ReturnSerializer,
    )
    def get(self, request: Request, reference: str) -> Response:
        actor = actor_of(request)
        group = one(_returns(actor), reference)
        persons = _persons(group, actor) if _reads_people(request) else None
        return Response(ReturnSerializer({**_return(group, actor), "persons": persons}).data)


def _reads_people(request: Request) -> bool:
    return "people:read" in cast(AccessToken, request.auth).scope.split()


def _returns(actor: Actor) -> QuerySet[Return]:
    with_them = Q(persons__status__in=(ReturnPerson.Status.WITH_GROUP, ReturnPerson.Status.RETURNED))
    named = CountOf("persons", filter=with_them)
    counts = Prefetch("counts", Count.objects.select_related("stated_by"))
    return access.returns(actor).annotate(persons_named=named).prefetch_related(counts)


def _return(group: Return, actor: Actor) -> dict[str, Any]:
    return return_of(group, with_helper=access.sees_helper(actor, group))


def _persons(group: Return, actor: Actor) -> list[dict[str, Any]]:
    """Return who is named; that their names were opened is recorded."""
    members = group.persons.exclude(status=ReturnPerson.Status.SET_ASIDE).select_related("person")
    rows = list(members.order_by("person__reference"))
    record(actor, Act.READ_PEOPLE, "return", group.pk)
    return persons_of(rows, names_of(member.person_id for member in rows))
