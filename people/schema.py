"""How calls are described in OpenAPI: their problems, their headers, and how a client proves who it is."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, Literal

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from people.fields import PLAIN, Strict, Text
from people.problems import KINDS, MEDIA_TYPE

_LANGUAGE: Final = OpenApiParameter(
    "Accept-Language",
    {"type": "string", "examples": ["ru", "uk", "en"]},
    OpenApiParameter.HEADER,
    description="The language of reasons and titles: ru, uk or en.",
)
_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Chosen by you, one for each write. The same request with the same key is done once.",
)
_REFERENCE: Final = {"reference": "7K3MQ9TD"}
_WRITES: Final = ("POST", "PUT", "PATCH")


class FaultSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(required=False, help_text="JSON pointer into the request's body")
    parameter = serializers.CharField(required=False, help_text="Name of a query parameter or header")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.ChoiceField(choices=[f"/problems/{slug}" for slug in KINDS])
    title = serializers.CharField()
    status = serializers.IntegerField()
    reference = serializers.CharField(help_text="Random; our log has it too. Tell it to us when you ask")
    detail = serializers.CharField(required=False)
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]


class Operations(AutoSchema):
    """Adds to each operation what it shares with the others."""

    def get_override_parameters(self) -> list[Any]:
        needs_key = self.method == "POST" and getattr(self.view, "needs_key", False)
        return [*super().get_override_parameters(), _LANGUAGE, *([_KEY] if needs_key else [])]

    def _map_serializer(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(force_instance(serializer), Strict):  # type: ignore[no-untyped-call]
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        # The stubs know neither bound of a list.
        most = getattr(field, "max_length", None)
        if isinstance(field, serializers.ListSerializer) and most is not None:
            schema |= {"minItems": int(not field.allow_empty), "maxItems": most}
        if isinstance(field, Text) and "pattern" not in schema:
            schema["pattern"] = PLAIN
        return schema

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        for status, slugs in _by_status(self._slugs()):
            responses[str(status)] = {
                "description": f"{HTTPStatus(status).phrase}: {', '.join(slugs)}",
                "content": {
                    MEDIA_TYPE: {"schema": schema, "examples": {slug: _example(slug) for slug in slugs}}
                },
            }
        return dict(sorted(responses.items()))

    def _slugs(self) -> Iterator[str]:
        yield from getattr(self.view, "problems_of", {}).get(self.method, ())
        yield from ("validation", "not-acceptable", "method-not-allowed", "server-error", "unavailable")
        if self.view.get_permissions():
            yield from ("not-authenticated", "not-permitted")
        if self.method in _WRITES:
            yield from ("unsupported-media-type", "too-large")
            if getattr(self.view, "needs_key", False):
                yield from ("idempotency-key-missing", "idempotency-mismatch", "idempotency-running")


def _by_status(slugs: Iterator[str]) -> list[tuple[int, list[str]]]:
    found: dict[int, list[str]] = {}
    for slug in dict.fromkeys(slugs):
        found.setdefault(KINDS[slug].status, []).append(slug)
    return sorted(found.items())


def _example(slug: str) -> dict[str, Any]:
    kind = KINDS[slug]
    return {"value": {"type": f"/problems/{slug}", "title": kind.title, "status": kind.status} | _REFERENCE}


class ClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "people.oauth.ClientAuthentication"
    name = "oauth2"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        flow = {"tokenUrl": "/oauth/token/", "scopes": settings.SCOPES}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        scope = getattr(auto_schema.view, "scopes", {}).get(auto_schema.method)
        return {self.name: [scope] if scope else []}
