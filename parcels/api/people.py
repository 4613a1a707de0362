"""GET /api/v1/people/: who the people of your rounds are, and nothing of what became of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from parcels import access, addressees
from parcels.filters import PersonFilter
from parcels.models import Parcel
from people import vault
from people.access import withheld_fact
from people.actors import Actor
from people.api import Calls, Pages
from people.models import Fact, Person, Role
from people.oauth import actor_of
from people.opening import How, opened
from people.queries import standing_of

_REFERENCE: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{16}", re.ASCII)
_TOLD: Final = {
    "name": Fact.Kind.NAME.value,
    "name_latin": Fact.Kind.NAME_LATIN.value,
    "birth_date": Fact.Kind.BIRTH_DATE.value,
}


class PersonRowSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=Person.Kind.choices)
    name = serializers.CharField(allow_null=True, help_text="As its office writes it; null once erased")
    name_latin = serializers.CharField(allow_null=True, help_text="If it was told in Latin letters")
    birth_date = serializers.CharField(
        allow_null=True, help_text="EDTF: YYYY, YYYY-MM, YYYY-MM-DD, a range with /, or XXXX"
    )
    updated_at = serializers.DateTimeField()


class StandingSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    since_on = serializers.DateField()
    stated_by = serializers.CharField()


class PersonSerializer(PersonRowSerializer):
    standing = StandingSerializer(
        allow_null=True, help_text="For a liaison of the record's own office; null for everybody else"
    )


class PersonPages(Pages):
    ordering = "reference"
    # No more than a system may read in an hour unless its manager allows it.
    max_page_size = 50


@extend_schema_view(
    get=extend_schema(
        operation_id="people_list",
        summary="The people on your office's record, and the addressees of parcels that come to you",
    )
)
class People(Calls, generics.ListAPIView[Person]):
    scopes: ClassVar = {"GET": "people:read"}
    queryset = Person.objects.none()  # for the description only: who is listed depends on the reader
    serializer_class = PersonRowSerializer
    pagination_class = PersonPages
    filterset_class = PersonFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actor = actor_of(request)
        page = self.paginate_queryset(self.filter_queryset(_people(actor))) or []
        opened(actor, [person.pk for person in page], How.LIST)
        told = _told(page, actor)
        rows = [_row(person, told.get(person.pk, {})) for person in page]
        return self.get_paginated_response(PersonRowSerializer(rows, many=True).data)


class OnePerson(Calls):
    scopes: ClassVar = {"GET": "people:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}

    @extend_schema(
        operation_id="people_retrieve",
        summary="One person",
        parameters=[
            OpenApiParameter(
                "reference",
                {"type": "string", "pattern": f"^{_REFERENCE.pattern}$"},
                OpenApiParameter.PATH,
            )
        ],
        responses=PersonSerializer,
    )
    def get(self, request: Request, reference: str) -> Response:
        actor = actor_of(request)
        if not _REFERENCE.fullmatch(reference):
            raise Http404
        person = get_object_or_404(_people(actor), reference=reference)
        opened(actor, [person.pk], How.READ)
        told = _told([person], actor).get(person.pk, {})
        return Response(PersonSerializer({**_row(person, told), "standing": _standing(person, actor)}).data)


def _people(actor: Actor) -> QuerySet[Any]:
    """Return whom the client meets, with `updated_at` by what it may read of them.

    Of its own office's, a client that reads only what is published meets the people of its parcels, as they
    were declared: whom else the office knows, and since when, would tell who is held.
    """
    newest = _facts(actor).filter(person=OuterRef("pk")).order_by("-recorded_at").values("recorded_at")[:1]
    is_declared = Q(pk__in=[])
    rows = Person.objects.filter(addressees.opened(actor))
    if access.reads_published_only(actor):
        is_declared = Q(organisation=actor.organisation_id)
        rows = rows.filter(~is_declared | addressees.declared(actor))
    return rows.annotate(
        updated_at=Case(
            When(is_declared, then=F("recorded_at")), default=Coalesce(Subquery(newest), F("recorded_at"))
        )
    )


def _facts(actor: Actor) -> QuerySet[Fact]:
    """Return what is told of people, in the words of each record's own office."""
    rows = Fact.objects.filter(kind__in=_TOLD.values(), source=F("person__organisation"))
    if Role.LIAISON.value not in actor.roles:
        return rows.exclude(withheld_fact())
    ours = actor.organisation_id
    neutral = Parcel.objects.filter(round__neutral=ours, recipient=OuterRef("person"))
    return rows.filter(~withheld_fact() | Q(person__organisation=ours) | Q(Exists(neutral)))


def _row(person: Any, told: Mapping[str, str]) -> dict[str, Any]:
    words = {field: told.get(kind) for field, kind in _TOLD.items()}
    moment: datetime = person.updated_at
    return {"reference": person.reference, "kind": person.kind, "updated_at": moment, **words}


def _told(people: Sequence[Person], actor: Actor) -> dict[int, dict[str, str]]:
    """Return person → kind → text, in one query for all of them: the last word, or the first as declared."""
    ours = actor.organisation_id if access.reads_published_only(actor) else None
    as_declared = {person.pk for person in people if person.organisation_id == ours}
    rows = _facts(actor).filter(person__in=people, person__key__isnull=False).order_by("recorded_at", "pk")
    chosen: dict[tuple[int, str], tuple[int, bytes | memoryview, bytes | memoryview]] = {}
    kept = rows.values_list("pk", "person", "person__key__wrapped", "kind", "sealed")
    for fact, pk, wrapped, kind, sealed in kept:
        if pk not in as_declared or (pk, kind) not in chosen:
            chosen[pk, kind] = fact, wrapped, sealed
    told: dict[int, dict[str, str]] = {}
    for (pk, kind), (fact, wrapped, sealed) in chosen.items():
        key = vault.unwrap(wrapped, row=pk)
        text = vault.unseal(key, sealed, place=vault.FACT_PLACE, row=fact)
        told.setdefault(pk, {})[kind] = text
    return told


def _standing(person: Person, actor: Actor) -> dict[str, Any] | None:
    if person.organisation_id != actor.organisation_id or Role.LIAISON.value not in actor.roles:
        return None
    now = standing_of([person.pk]).get(person.pk)
    if now is None or now.founded is None:
        return None
    return {
        "status": now.status,
        "since_on": now.founded.happened_on,
        "stated_by": now.founded.stated_by,
    }
