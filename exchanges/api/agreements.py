"""GET /api/v1/agreements/."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import access, queries
from exchanges.api.looking_up import ReferencePages, one
from exchanges.models import Agreement, Terms
from exchanges.serializers import (
    AgreementRowSerializer,
    AgreementSerializer,
    TermsVersionSerializer,
    agreement_of,
    terms_of,
    version_of,
)
from people.actors import Actor
from people.api import Calls, Pages, language
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
        actor = actor_of(self.request)
        return access.agreements(actor).prefetch_related("signatories", _succeeded(actor))

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
        actor = actor_of(request)
        rows = access.agreements(actor).prefetch_related(
            "signatories", _succeeded(actor), Prefetch("terms", in_force, to_attr="now")
        )
        agreement: Any = one(rows, reference)
        terms = terms_of(agreement.now[0], language()) if agreement.now else None
        return Response(AgreementSerializer({**agreement_of(agreement, language()), "terms": terms}).data)


class VersionPages(Pages):
    ordering = "version"


@extend_schema_view(
    get=extend_schema(
        operation_id="agreements_terms_list",
        summary="The versions of an agreement's terms that came into force, and what each changed",
    )
)
class TermsVersions(Calls, generics.ListAPIView[Terms]):
    """Drafts are not told, nor changes in the texts of reasons alone."""

    scopes: ClassVar = {"GET": "agreements:read"}
    problems_of: ClassVar = {"GET": ("not-found",)}
    serializer_class = TermsVersionSerializer
    pagination_class = VersionPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Terms]:
        if getattr(self, "swagger_fake_view", False):
            return Terms.objects.none()
        agreement = one(access.agreements(actor_of(self.request)), self.kwargs["reference"])
        return agreement.terms.filter(in_force_at__isnull=False).prefetch_related("rules", "stays")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        known = access.agreements(actor_of(request))
        rows = [_version(terms, known) for terms in page]
        return self.get_paginated_response(TermsVersionSerializer(rows, many=True).data)


def _version(terms: Terms, known: QuerySet[Agreement]) -> dict[str, Any]:
    before, differences = queries.changes(terms)
    is_other = before is not None and before.agreement_id != terms.agreement_id
    if before and is_other and not known.filter(pk=before.agreement_id).exists():
        return version_of(terms, None, [])
    return version_of(terms, before, differences)


def _succeeded(actor: Actor) -> Prefetch[Any]:
    """One that the reader may not see is not named."""
    return Prefetch("succeeds", access.agreements(actor))
